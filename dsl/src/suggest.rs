//! Near names for misspelt ones.

/// Longer words are not compared: nobody misspells one by a letter or two.
const MAX_WORD: usize = 64;

/// The candidate that is nearest to a word, if one is near: at most one change in three characters, letter
/// case aside. A candidate equal to the word is none.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_WORD {
        return None;
    }
    let lower = word.to_lowercase();
    let allowed = (lower.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word && candidate.len() <= MAX_WORD)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        // A word of one or two letters is a change or two from any other.
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// `did you mean …`, where a candidate is near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        let names = ["allow", "always", "admin", "url", "in"];
        for (word, near) in [
            ("alow", Some("allow")),
            ("alwyas", Some("always")),
            ("ADMIN", Some("admin")),
            ("ulr", Some("url")),
            ("admin", None),
            ("owner", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, names), near, "{word}");
        }
        assert_eq!(did_you_mean("alow", names).as_deref(), Some("did you mean `allow`?"));
        assert_eq!(nearest(&"a".repeat(100_000), names), None);
    }
}
