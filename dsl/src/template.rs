//! What deploys an API, held against the policy: AWS SAM, CloudFormation and Serverless Framework, YAML or JSON.
//!
//! Only what the template itself says is read. What is filled in when it is deployed, or stands in another file,
//! is said to be so, and nothing is concluded from it.

mod body;
mod cloudformation;
mod compare;
mod model;
mod node;
mod reader;
mod sam;
mod serverless;

use self::compare::compare;
use self::node::Node;
use self::reader::Reader;
use crate::codes::Code;
use crate::compile::CompiledPolicy;
use crate::diagnostic::Diagnostic;
use crate::document;
use crate::source::{Files, SourceId, Sources, Span};

/// Reads a template and adds what does not fit the policy. A template that cannot be read is an error.
pub(crate) fn check(
    path: &str,
    files: &dyn Files,
    policy: &CompiledPolicy,
    sources: &mut Sources,
    out: &mut Vec<Diagnostic>,
) {
    let source = match sources.load(files, path) {
        Ok(source) => source,
        Err(error) => return out.push(error.diagnostic(None)),
    };
    match read(source, sources) {
        Ok(reader) => {
            out.extend(reader.findings);
            compare(policy, &reader.deployed, Span::new(source, 0, 0), out);
        }
        Err(unread) => out.push(*unread),
    }
}

fn read(source: SourceId, sources: &Sources) -> Result<Reader, Box<Diagnostic>> {
    let tree = document::read(source, sources).map_err(|unread| Box::new(as_template(*unread)))?;
    let start = Span::new(source, 0, 0);
    let root = Node::root(&tree, start);
    let mut reader = Reader::new();
    if let Some(resources) = root.get("Resources").filter(Node::is_object) {
        sam::read(&mut reader, root, resources);
        cloudformation::read(&mut reader, resources);
    } else if root.get("functions").is_some()
        || (root.get("service").is_some() && root.get("provider").is_some())
    {
        serverless::read(&mut reader, root);
    } else {
        let message = format!("`{}` is no template that is known here", sources.name(source));
        let help = "AWS SAM and CloudFormation have `Resources`, Serverless Framework has `functions`";
        return Err(Box::new(Diagnostic::new(Code::TemplateShape, message).at(start).help(help)));
    }
    Ok(reader)
}

/// What is wrong with the document, said of a template.
fn as_template(unread: Diagnostic) -> Diagnostic {
    match unread.code {
        Code::ApiTooLarge => Diagnostic {
            code: Code::TemplateTooLarge,
            help: Some("split it, and check the parts one by one".to_owned()),
            ..unread
        },
        _ => Diagnostic { code: Code::TemplateUnreadable, ..unread },
    }
}
