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

            /// The code's name, by which settings may call it as well: `never_holds`.
            pub fn name(self) -> String {
                snake_case(match self { $(Self::$name => stringify!($name),)* })
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

    // Names
    UnknownName = "E0201", "unknown name";
    UnknownParam = "E0202", "unknown param";
    UnknownIssuer = "E0203", "unknown issuer";
    UnknownRule = "E0204", "unknown rule";
    DuplicateName = "E0205", "a name is defined twice";
    DuplicateIssuer = "E0206", "an issuer is defined twice";
    DuplicateRule = "E0207", "two rules have the same id";
    DuplicateStatement = "E0208", "a statement that a policy has once is there twice";
    DuplicateContextKey = "E0209", "a context key is given twice";
    LetCycle = "E0210", "conditions are defined by each other";
    UnboundPathName = "E0211", "the path does not bind this name";
    PathOutsideRule = "E0212", "the path is read where there is none";

    // Types and values
    NotACondition = "E0301", "a value is no condition";
    NotAValue = "E0302", "a condition is no value";
    NeverAgree = "E0303", "values of these types can never be so related";
    NotAList = "E0304", "not a list";
    NotAString = "E0305", "not a string";
    NotAClaim = "E0306", "not a claim";
    BadAddress = "E0307", "neither an address nor a block of addresses";
    BadTime = "E0308", "not a point in time";
    BadContextValue = "E0309", "not a string, number or boolean";
    ReservedContextKey = "E0310", "a context key that API Gateway keeps for itself";
    NoGroups = "E0311", "no issuer says where groups are read";
    NoUserinfo = "E0312", "no issuer has a userinfo endpoint";
    BadUrl = "E0313", "not a URL that can be used here";
    BadKey = "E0314", "not a public key";
    OutOfRange = "E0315", "a number out of its range";
    BadTokenFile = "E0316", "not a token's claims";
    UnclearIssuer = "E0317", "a test's token is no issuer's";

    // Limits
    LineTooLong = "E0401", "a line is too long";
    StringTooLong = "E0402", "a string is too long";
    TooDeep = "E0403", "nested too deep";
    TooManyStatements = "E0404", "too many statements";
    TooManySegments = "E0405", "a path has too many segments";
    TooManyErrors = "E0406", "too many errors";
    TooManyFiles = "E0407", "too many files";
    TooManyBytes = "E0408", "the files are too large together";
    UsedTooDeep = "E0409", "files take one another in too deep";
    TooManyRules = "E0410", "too many rules";
    TooManyPaths = "E0411", "too many paths in all rules";
    TooManyRoutes = "E0412", "too many routes";
    TooManyParams = "E0413", "too many params";
    TooManyIssuers = "E0414", "too many issuers";
    TooManyEntries = "E0415", "too many context entries";
    ConditionTooLarge = "E0416", "a condition is too large";
    ConditionTooDeep = "E0417", "a condition is too deep";
    PolicyTooLarge = "E0418", "the conditions are too large together";

    // Files
    FileMissing = "E0501", "the file does not exist";
    FileIsDirectory = "E0502", "the file is a directory";
    FileUnreadable = "E0503", "the file cannot be read";
    FileNotUtf8 = "E0504", "the file is not UTF-8";
    FileEmpty = "E0505", "the file is empty";
    FileTooLarge = "E0506", "the file is too large";
    UseCycle = "E0507", "files use each other in a circle";

    // API descriptions
    ApiUnreadable = "E0601", "an API description that cannot be read";
    ApiTooLarge = "E0602", "an API description is too large";
    ApiVersion = "E0603", "neither OpenAPI 3.0 nor 3.1";
    ApiShape = "E0604", "a part of an API description is not what it should be";
    ApiNoRoutes = "E0605", "an API description without routes";
    ApiPath = "E0606", "a path that is no route";
    ApiRepeated = "E0607", "a key of an API description is there twice";
    ApiReference = "E0608", "a reference that leads nowhere";

    // Templates
    TemplateUnreadable = "E0701", "a template that cannot be read";
    TemplateTooLarge = "E0702", "a template is too large";
    TemplateShape = "E0703", "not a template";

    // Of the compiler itself
    Fault = "E0901", "a fault of policyctl";

    // What this version does not do yet
    NotProved = "W0101", "an invariant is not proved yet";

    // Style
    DanglingDoc = "W0201", "a doc comment belongs to no statement";
    UnknownAllowed = "W0202", "nothing can be turned off by that name";
    UnneededAllowed = "W0203", "a warning is turned off that is not there";
    UnexplainedAllowed = "W0204", "a warning is turned off without a reason";
    MixedScript = "W0205", "a word of several scripts";
    InvisibleCharacter = "W0206", "a character that is not seen";

    // Tokens
    NoAudience = "W0301", "tokens for any audience are accepted";
    NoIssuer = "W0302", "no token is ever accepted";

    // API descriptions
    ApiMethodLeftOut = "W0601", "a method that no rule can allow";
    ApiSamePath = "W0602", "two paths of an API description are the same";
    ApiSlash = "W0603", "a path with a slash at its end";
    NegatedClaim = "W0303", "a missing claim allows";
    OutsideCacheKey = "W0304", "an answer is kept for requests that it is not right for";
    MisspeltClaim = "W0305", "a claim that is nearly a registered one";
    PerRequest = "W0306", "an answer that holds for one request only";
    AcrossRoutes = "W0307", "a simple response is kept for requests that it is not right for";
    OutlivedToken = "W0308", "an answer is kept for longer than its token lives";

    // Templates
    TemplateRoute = "W0701", "a template has a route that the policy does not know";
    TemplateNoRoute = "W0702", "a template lacks a route of the policy";
    TemplateNoAuthorizer = "W0703", "a route does not ask the authorizer";
    TemplatePublic = "W0704", "a public route asks the authorizer";
    TemplateSetting = "W0705", "a template and the policy differ about the authorizer";
    TemplatePreflight = "W0706", "the authorizer is asked about preflight requests";
    TemplateUnread = "W0707", "a part of a template cannot be read";

    // Rules and routes
    NoSuchRoute = "W0401", "a rule matches no declared route";
    UnreachedRoute = "W0402", "a route that nothing allows";
    NeverHolds = "W0403", "a rule can never hold";
    CoveredRule = "W0404", "a rule adds nothing to others";
    OverriddenRule = "W0405", "a rule allows only what is denied";
    PublicEverything = "W0406", "everything is open to everybody";
    RouteOverlap = "W0407", "a parameter also matches another route's own name";

    // What is not used
    UnusedLet = "W0501", "a condition is not used";
    UnusedParam = "W0502", "a param is not used";
    UnusedIssuer = "W0503", "an issuer's tokens are not used";
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

    /// The code of that spelling or name.
    pub fn named(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| Self::ALL.iter().copied().find(|code| code.name() == text))
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for char in name.chars() {
        if char.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(char.to_ascii_lowercase());
    }
    snake
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
            assert_eq!(Code::named(&code.name()), Some(*code));
        }
    }
}
