//! Fixes: what is certain is written, and what is no error is left as it is.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not as expected is a failed test")]

use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};

use policy_dsl::codes::Code;
use policy_dsl::compile;
use policy_dsl::diagnostic::{Diagnostic, Severity};
use policy_dsl::fix::{Fixer, MAX_ROUNDS, edits};
use policy_dsl::source::{DiskFiles, Files, MemoryFiles, Span};

/// The texts that change, by path.
fn changed(fixer: &Fixer<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let Ok(()) = fixer.changed(|file| {
        all.push((file.path.to_owned(), file.after.to_owned()));
        Ok::<_, Infallible>(())
    });
    all
}

/// The text of a policy when it is mended, and the codes of what remains.
fn fixed(text: &str) -> (String, Vec<&'static str>) {
    let files = MemoryFiles::default().with("p.policy", text);
    let mut fixer = Fixer::new(&files);
    let remains = fixer.fix("p.policy", &compile);
    let codes = remains.diagnostics.iter().map(|finding| finding.code.as_str()).collect();
    (fixer.text("p.policy").unwrap(), codes)
}

#[test]
fn tempting_spellings_are_written_as_they_are_meant() {
    let issuer = "issuer i { url \"https://i.example/\" audience \"a\" groups token.groups }\n";
    for (written, meant) in [
        ("allow GET /x when token.a && token.b", "allow GET /x when token.a and token.b"),
        ("allow GET /x when token.a&&token.b", "allow GET /x when token.a and token.b"),
        ("allow GET /x when token.a || token.b", "allow GET /x when token.a or token.b"),
        ("allow GET /x when (token.a||token.b)", "allow GET /x when (token.a or token.b)"),
        ("deny GET /x when !token.a", "deny GET /x when not token.a"),
        ("deny GET /x when (!(token.a))", "deny GET /x when (not (token.a))"),
        ("allow GET /x when token.a = 1", "allow GET /x when token.a == 1"),
        ("allow GET /x when token.a=1", "allow GET /x when token.a == 1"),
        ("allow GET /x when token.a === 1", "allow GET /x when token.a == 1"),
        ("allow GET /x when token.a <> 1", "allow GET /x when token.a != 1"),
        ("allow GET /x when token.a not in [1]", "allow GET /x when not token.a in [1]"),
        ("allow get /x", "allow GET /x"),
        ("allow Get post /x", "allow GET POST /x"),
        ("allow * /x", "allow ANY /x"),
        ("allow GET /users/:id", "allow GET /users/{id}"),
        ("allow GET /users/<id>/photos", "allow GET /users/{id}/photos"),
        ("allow GET /users/<int:id>", "allow GET /users/{id}"),
        ("allow GET /users/<path:rest>", "allow GET /users/{rest+}"),
        ("allow GET, PUT /x", "allow GET PUT /x"),
        ("allow GET,PUT /x", "allow GET PUT /x"),
        ("allow GET /x, /y", "allow GET /x /y"),
        ("allow GET /x,/y", "allow GET /x /y"),
        ("allow GET /x;", "allow GET /x"),
        ("allow GET /x when token.a;", "allow GET /x when token.a"),
        ("let a = token.a;", "let a = token.a"),
        ("api { GET /x; PUT /x; }", "api { GET /x PUT /x }"),
        ("allow GET /x when token.a == 'b'", "allow GET /x when token.a == \"b\""),
        ("allow GET /x when token.a == 'it\\'s \"b\"'", "allow GET /x when token.a == \"it's \\\"b\\\"\""),
        ("allow GET /x when claims.a", "allow GET /x when token.a"),
        ("allow GET /x when jwt.\"a b\"", "allow GET /x when token.\"a b\""),
        ("allow GET /x if token.a", "allow GET /x when token.a"),
        ("permit GET /x", "allow GET /x"),
        ("forbid GET /x", "deny GET /x"),
        (
            "permit get,post /a/:b,/c; if claims.x=1&&!jwt.y;",
            "allow GET POST /a/{b} /c when token.x == 1 and not token.y",
        ),
        ("allow GET /x# comment", "allow GET /x # comment"),
        ("allow GET /x## comment", "allow GET /x ## comment"),
        ("allow GET \"/x\"", "allow GET /x"),
        ("context { a: token.a, b:token.b }", "context { a = token.a b = token.b }"),
        ("Deny GET /x", "deny GET /x"),
    ] {
        let (text, remains) = fixed(&format!("{issuer}{written}\n"));
        assert_eq!(text, format!("{issuer}{meant}\n"), "{written}");
        let errors: Vec<_> = remains.into_iter().filter(|code| code.starts_with('E')).collect();
        assert_eq!(errors, [""; 0], "{text}");
    }
}

#[test]
fn what_may_have_been_meant_is_only_suggested() {
    for text in [
        "allow GET /users#admins when token.a\n",
        "deny ANY /users/\n",
        "allow GET /x when role \"admin\"\n",
        "allow GET /x when user.sub == \"a\"\n",
        "alow GET /x\n",
        "grant GET /x\n",
        "allow GET /x|y\n",
        "allow GET /x when token.a\rdeny GET /x\n",
        "issuer i { ulr \"https://i.example/\" }\n",
    ] {
        let (after, remains) = fixed(text);
        assert_eq!(after, text);
        assert!(remains.iter().any(|code| code.starts_with('E')), "{text}");
        let files = MemoryFiles::default().with("p.policy", text);
        assert!(compile("p.policy", &files).diagnostics.iter().any(|found| found.help.is_some()), "{text}");
    }
}

#[test]
fn marks_line_ends_and_other_characters_stay() {
    let (text, remains) = fixed("\u{feff}# ü\r\nallow get /x when token.ü = \"é\"\r\npublic get /y # ß\r\n");
    assert_eq!(text, "\u{feff}# ü\r\nallow get /x when token.ü = \"é\"\r\npublic GET /y # ß\r\n");
    assert!(!remains.is_empty());
    let (text, _) = fixed("\u{feff}# ü\r\npublic get /x when token.a='é' # ß\r\n");
    assert_eq!(text, "\u{feff}# ü\r\npublic GET /x when token.a == \"é\" # ß\r\n");
}

#[test]
fn files_that_policies_share_are_mended_once() {
    let files = MemoryFiles::default()
        .with("a.policy", "use \"lib/shared.policy\"\npublic get /a")
        .with("b.policy", "use \"lib/shared.policy\"\npublic GET /b when s")
        .with("lib/shared.policy", "let s = token.s && token.t;");
    let mut fixer = Fixer::new(&files);
    assert!(fixer.fix("a.policy", &compile).policy.is_some());
    assert!(fixer.fix("b.policy", &compile).policy.is_some());
    let expected = [
        ("a.policy", "use \"lib/shared.policy\"\npublic GET /a"),
        ("lib/shared.policy", "let s = token.s and token.t"),
    ];
    assert_eq!(changed(&fixer), expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    let mended: Vec<_> = fixer.mended().iter().map(|mended| (mended.code, mended.file.as_str())).collect();
    let shared = "lib/shared.policy";
    let all = [(Code::BadVerb, "a.policy"), (Code::ForeignOperator, shared), (Code::Separator, shared)];
    assert_eq!(mended, all);
    assert_eq!((fixer.mended()[1].place.line, fixer.mended()[1].place.column), (1, 17));
}

#[test]
fn a_warning_is_left_to_people() {
    let text = "public GET /x when token.a\n";
    let files = MemoryFiles::default().with("p.policy", text);
    let warn = |severity| {
        move |entry: &str, files: &dyn Files| {
            let mut compilation = compile(entry, files);
            let span = Span::new(compilation.sources.ids().next().unwrap(), 12, 13);
            let warning = Diagnostic::new(Code::UnusedLet, "x").at(span).replace(span, "y");
            compilation.diagnostics.push(Diagnostic { severity, ..warning });
            compilation
        }
    };
    for severity in [Severity::Warning, Severity::Error] {
        let mut fixer = Fixer::new(&files);
        fixer.fix("p.policy", &warn(severity));
        assert_eq!(fixer.text("p.policy").unwrap(), text);
    }
}

#[test]
fn a_fix_that_brings_up_its_own_error_is_not_made_for_ever() {
    let files = MemoryFiles::default().with("p.policy", "public GET /x\n");
    let again = |entry: &str, files: &dyn Files| {
        let mut compilation = compile(entry, files);
        let span = Span::new(compilation.sources.ids().next().unwrap(), 0, 0);
        compilation.diagnostics.push(Diagnostic::new(Code::Fault, "x").at(span).replace(span, "#\n"));
        compilation
    };
    let mut fixer = Fixer::new(&files);
    fixer.fix("p.policy", &again);
    assert_eq!(fixer.text("p.policy").unwrap().matches('#').count(), MAX_ROUNDS);
}

#[test]
fn of_edits_that_overlap_the_first_are_made() {
    let files = MemoryFiles::default().with("p.policy", "public GET /x\n");
    let overlap = |entry: &str, files: &dyn Files| {
        let mut compilation = compile(entry, files);
        let id = compilation.sources.ids().next().unwrap();
        if compilation.sources.text(id).ends_with("/x\n") {
            for (start, end, text) in
                [(12, 13, "yz"), (11, 13, "/a"), (12, 12, "b"), (13, 13, "/c"), (12, 14, "")]
            {
                let span = Span::new(id, start, end);
                compilation.diagnostics.push(Diagnostic::new(Code::Fault, "x").at(span).replace(span, text));
            }
        }
        compilation
    };
    let mut fixer = Fixer::new(&files);
    fixer.fix("p.policy", &overlap);
    assert_eq!(fixer.text("p.policy").unwrap(), "public GET /yz/c\n");
    assert_eq!(fixer.mended().len(), 2);
}

/// Files of one folder, named as if it were the one that the compiler runs in.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        DiskFiles.read(self.0.join(path).to_str().unwrap())
    }
}

#[test]
fn no_fix_changes_what_was_no_error() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut compiled = 0;
    let fixtures = fs::read_dir(root.join("tests/fixtures")).unwrap().map(|entry| entry.unwrap().path());
    for folder in fixtures.chain([root.join("../policies")]).filter(|path| path.is_dir()) {
        let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        let files = Folder(folder.clone());
        for name in names.filter(|name| name.ends_with(".policy")) {
            let before = compile(&name, &files);
            let mut fixer = Fixer::new(&files);
            let after = fixer.fix(&name, &compile);
            let left: Vec<_> = after.diagnostics.iter().filter(|found| !edits(found).is_empty()).collect();
            assert!(left.is_empty(), "{name}: {left:#?}");
            if before.policy.is_some() {
                compiled += 1;
                assert_eq!(changed(&fixer), [], "{name}");
            }
        }
    }
    assert!(compiled > 5, "{compiled}");
}

/// The text as somebody would write it who comes from other languages; comments and strings are left alone.
fn foreign(text: &str) -> String {
    const SPELLINGS: [(&str, &str); 12] = [
        (" and ", "&&"),
        (" or ", " || "),
        (" not ", " !"),
        (" == ", "="),
        (" when ", " if "),
        ("allow ", "permit "),
        ("deny ", "forbid "),
        ("GET POST ", "get,Post "),
        ("GET PUT ", "get, put "),
        ("{id}", ":id"),
        ("{userid}", "<userid>"),
        ("token.sub", "jwt.sub"),
    ];
    let respelt = |code: &str| {
        SPELLINGS.iter().fold(code.to_owned(), |code, (ours, theirs)| code.replace(ours, theirs))
    };
    let line = |line: &str| {
        let is_invariant = line.starts_with("never") || line.starts_with("always");
        if is_invariant || line.contains('#') || line.starts_with(' ') {
            return line.to_owned();
        }
        let pieces: Vec<_> = line.split('"').enumerate().collect();
        let pieces = pieces
            .into_iter()
            .map(|(at, piece)| if at % 2 == 0 { respelt(piece) } else { piece.replace('\'', "\\'") });
        pieces.collect::<Vec<_>>().join("'")
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

#[test]
fn a_policy_in_foreign_spelling_becomes_the_same_policy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let beside = paths.iter().filter(|path| path.is_file()).fold(MemoryFiles::default(), |files, path| {
        files.with(path.file_name().unwrap().to_str().unwrap(), fs::read(path).unwrap())
    });
    let policies =
        paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "policy"));
    let mut respelt = 0;
    for text in policies.map(|path| fs::read_to_string(path).unwrap()) {
        let program = |text: &str| {
            let files = beside.clone().with("p.policy", text);
            let mut parts = compile("p.policy", &files).policy.unwrap().program.parts().clone();
            parts.source_digest = [0; 32];
            parts
        };
        let theirs = foreign(&text);
        let files = beside.clone().with("p.policy", &*theirs);
        let mut fixer = Fixer::new(&files);
        let remains = fixer.fix("p.policy", &compile).diagnostics;
        let ours = fixer.text("p.policy").unwrap();
        assert!(!remains.iter().any(Diagnostic::is_error), "{theirs}\n{ours}\n{remains:#?}");
        assert_eq!(program(&ours), program(&text), "{theirs}\n{ours}");
        respelt += usize::from(theirs != text);
    }
    assert!(respelt > 3, "{respelt}");
}

/// A generator of pseudo-random numbers (`SplitMix64`), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Whatever is written, mending comes to an end, has nothing left to do then, and leaves alone what compiles.
#[test]
fn mending_broken_texts_comes_to_an_end() {
    const PIECES: [&str; 24] = [
        ",", ", ", ";", "&&", "||", "!", "=", "===", "'", "\"", "#", "# x", " if ", " get ", "permit ", "/",
        "/:x", "/<x>", "/x,/y", "claims.", "\u{a0}", "\t", "{", "}",
    ];
    let texts: Vec<String> = ["valid", "invalid", "checked"]
        .iter()
        .flat_map(|name| {
            fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
        })
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "policy"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut random = Random(7);
    let mut mended = 0;
    for number in 0..1500 {
        let mut chars: Vec<char> = texts[number % texts.len()].chars().collect();
        for _ in 0..=random.below(4) {
            let at = random.below(chars.len() + 1);
            let piece = PIECES[random.below(PIECES.len())];
            chars.splice(at..at, piece.chars());
        }
        let text: String = chars.into_iter().collect();
        let files = MemoryFiles::default().with("p.policy", &*text);
        let was_fine = compile("p.policy", &files).policy.is_some();
        let mut fixer = Fixer::new(&files);
        let after = fixer.fix("p.policy", &compile);
        assert!(after.diagnostics.iter().all(|found| edits(found).is_empty()), "{text}");
        assert!(!was_fine || changed(&fixer).is_empty(), "{text}");
        mended += usize::from(!changed(&fixer).is_empty());
    }
    assert!(mended > 500, "{mended}");
}
