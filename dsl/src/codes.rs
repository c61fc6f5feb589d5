//! Every diagnostic's code. A code is stable: it is never given another meaning.

use std::fmt;

use crate::diagnostic::Severity;

macro_rules! codes {
    ($($name:ident = $code:literal, $title:literal;)*) => {
        /// What a diagnostic is about. `E` is an error, `W` a warning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`: ", $title)] $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code as it is printed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it is about, in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

// New codes go to the end of their group.
codes! {
    // Syntax
    UnexpectedText = "E0101", "something else belongs here";
    UnknownStatement = "E0102", "unknown statement";
    NotClosed = "E0103", "a bracket is not closed";
    StringNotClosed = "E0104", "a string is not closed";
    BadString = "E0105", "a string with a wrong escape or character";
    BadNumber = "E0106", "a number that cannot be read";
    ControlCharacter = "E0107", "a control character";
    BadVerb = "E0108", "not a verb";
    BadPath = "E0109", "a path that cannot match";
    BadGlob = "E0110", "a glob that cannot be read";
    ForeignOperator = "E0111", "an operator of another language";
    ForeignKeyword = "E0112", "a keyword of another language";
    Separator = "E0113", "a separator that does not belong";
    SingleQuotes = "E0114", "a string in single quotes";
    ReservedName = "E0115", "a keyword as a name";
    Repeated = "E0116", "given twice";
    UnknownField = "E0117", "unknown field";
    MissingField = "E0118", "a field is missing";
    BadFieldValue = "E0119", "a field with a wrong value";
    BadInterpolation = "E0120", "a `${…}` that cannot be read";
    BadMember = "E0121", "nothing can be read there";
    BadExpectation = "E0122", "a test that cannot be run";

    // Limits
    LineTooLong = "E0401", "a line is too long";
    StringTooLong = "E0402", "a string is too long";
    TooDeep = "E0403", "nested too deep";
    TooManyStatements = "E0404", "too many statements";
    TooManySegments = "E0405", "a path has too many segments";
    TooManyErrors = "E0406", "too many errors";

    // Files
    FileMissing = "E0501", "the file does not exist";
    FileIsDirectory = "E0502", "the file is a directory";
    FileUnreadable = "E0503", "the file cannot be read";
    FileNotUtf8 = "E0504", "the file is not UTF-8";
    FileEmpty = "E0505", "the file is empty";
    FileTooLarge = "E0506", "the file is too large";
    UseCycle = "E0507", "files use each other in a circle";

    // What this version does not do yet
    NotProved = "W0101", "an invariant is not proved yet";
    ApiFileNotLoaded = "W0102", "an API description is not loaded yet";

    // Style
    DanglingDoc = "W0201", "a doc comment belongs to no statement";
}

impl Code {
    /// Whether it stops the policy from being used.
    pub fn severity(self) -> Severity {
        if self.as_str().starts_with('E') { Severity::Error } else { Severity::Warning }
    }

    /// The code of that spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_spelt_once_and_as_codes_are() {
        let spelt: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(spelt.len(), Code::ALL.len());
        for code in Code::ALL {
            let text = code.as_str();
            assert!(text.len() == 5 && text.starts_with(['E', 'W']), "{text}");
            assert!(text[1..].bytes().all(|b| b.is_ascii_digit()), "{text}");
            assert_eq!(Code::parse(text), Some(*code));
        }
    }
}
