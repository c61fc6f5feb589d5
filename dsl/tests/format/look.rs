//! How formatted policies look.

use std::fs;
use std::path::Path;

use super::support::{formatted, policies};

fn snapshot(path: &Path, text: &str) {
    let name = format!("formatted-{}", path.file_stem().unwrap().to_str().unwrap());
    insta::with_settings!({
        snapshot_path => "../fixtures/snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, text); });
}

#[test]
fn fixtures_look_as_they_should() {
    for path in policies("tests/fixtures/valid").into_iter().chain(policies("tests/fixtures/format")) {
        snapshot(&path, &formatted(&fs::read_to_string(&path).unwrap()));
    }
}

#[test]
fn the_policies_of_this_repository_are_formatted() {
    let paths = ["../policies", "../examples"].into_iter().flat_map(policies);
    let mut count = 0;
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(formatted(&text), text, "{}: run `policyctl fmt`", path.display());
        count += 1;
    }
    assert!(count >= 5, "only {count} policies");
}

#[test]
fn a_table_ends_where_its_rules_are_set_apart() {
    let text = "allow GET /a when x as a\nallow GET POST /users when y as b\n\nallow GET /a when z as c\n";
    let expected = "\
allow GET       /a      when x  as a
allow GET POST  /users  when y  as b

allow GET  /a  when z  as c
";
    assert_eq!(formatted(text), expected);

    let documented = text.replace("\n\n", "\n\n## Doc.\n");
    let expected = "\
allow GET       /a      when x  as a
allow GET POST  /users  when y  as b

## Doc.
allow GET       /a      when z  as c
";
    assert_eq!(formatted(&documented), expected);

    let headed = text.replace("\n\n", "\n\n# Heading\n\n## Doc.\n");
    let expected = "\
allow GET       /a      when x  as a
allow GET POST  /users  when y  as b

# Heading

## Doc.
allow GET  /a  when z  as c
";
    assert_eq!(formatted(&headed), expected);
}

#[test]
fn a_table_is_as_wide_as_most_of_its_rows_need() {
    let text = "\
allow GET /a when x as a
allow GET /users/{userid} when y as b
allow GET /organisations/{organisation}/users/{userid} when z as c
";
    let expected = "\
allow GET  /a               when x  as a
allow GET  /users/{userid}  when y  as b
allow GET  /organisations/{organisation}/users/{userid}  when z  as c
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn rules_without_a_condition_have_their_name_where_others_have_a_condition() {
    let text = "public GET /health as health\nallow GET /users when admin unless suspended as list\n";
    let expected = "\
public GET  /health  as health
allow  GET  /users   when admin  unless suspended  as list
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn nothing_stays_nothing() {
    for text in ["", " ", "\n\n", "\u{feff}", "\u{feff}\r\n\t"] {
        assert_eq!(formatted(text), "", "{text:?}");
    }
    assert_eq!(formatted("#\r\n\r\n\r\n\r\n#  a \t"), "#\n\n#  a\n");
}

#[test]
fn no_line_is_longer_than_it_has_to_be() {
    let words = |count: usize| (0..count).map(|at| format!("group \"g{at}\"")).collect::<Vec<_>>();
    for count in 1..60 {
        let condition = words(count).join(" or ");
        let list = words(count).join(", ").replace("group ", "");
        let paths = (0..count).map(|at| format!("/p{at}")).collect::<Vec<_>>().join(" ");
        let text = format!(
            "let a = {condition}\nlet b = token.x in [{list}]\nallow GET {paths} when ({condition}) and x as r\n\
             context {{ k = not ({condition}) }}\nissuer i {{ url \"u\" audience {} }}\n\
             test \"t\" {{ token {{ \"l\": [{list}], \"o\": {{ \"l\": [[{list}]] }} }} deny GET {paths} by r }}\n",
            list.replace(',', ""),
        );
        let formatted = formatted(&text);
        let longest = formatted.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(policy_dsl::format::MAX_WIDTH + 1), "{formatted}");
    }
}
