//! The least that a Lambda authorizer's process can be: it asks the Runtime API for events, verifies the token's
//! signature with a key from the environment, and answers with a policy that nobody has written rules for.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use policy_benches::floor::Floor;

/// The answer, up to whose it is.
const ANSWER: &str = r#"{"policyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":["arn:aws:execute-api:*:*:*/*/GET/*"]}]},"principalId":""#;

fn main() -> io::Result<()> {
    let variable = |name: &str| std::env::var(name).map_err(io::Error::other);
    let (api, key) = (variable("AWS_LAMBDA_RUNTIME_API")?, variable("FLOOR_KEY")?);
    let floor = Floor::new(&key).ok_or_else(|| io::Error::other("`FLOOR_KEY` is no RSA key"))?;
    let mut stream = BufReader::new(TcpStream::connect(&api)?);
    stream.get_ref().set_nodelay(true)?;
    loop {
        let next = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {api}\r\n\r\n");
        stream.get_mut().write_all(next.as_bytes())?;
        let (id, event) = read(&mut stream)?;
        let (outcome, body) = match floor.verify(&event) {
            Some(verified) => ("response", format!("{ANSWER}{}\"}}", verified.sub)),
            None => ("error", r#"{"errorType":"Unauthorized","errorMessage":"Unauthorized"}"#.to_owned()),
        };
        let answer = format!(
            "POST /2018-06-01/runtime/invocation/{id}/{outcome} HTTP/1.1\r\nhost: {api}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.get_mut().write_all(answer.as_bytes())?;
        read(&mut stream)?;
    }
}

/// The invocation's id, and the body.
fn read(stream: &mut BufReader<TcpStream>) -> io::Result<(String, Vec<u8>)> {
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.split_once(':') else {
            // The status line, or the empty one that ends the head.
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "lambda-runtime-aws-request-id" => value.trim().clone_into(&mut id),
            "content-length" => length = value.trim().parse().map_err(io::Error::other)?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((id, body))
}
