//! Addresses and queries, as Go's `net/url` reads and writes them.

use std::collections::BTreeMap;

use super::json::{self, Json};
use super::{Builtin, Failure, Term, text};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("uri.is_valid", is_valid),
    ("uri.parse", parse),
    ("urlquery.decode", decode),
    ("urlquery.decode_object", decode_object),
    ("urlquery.encode", encode),
    ("urlquery.encode_object", encode_object),
];

fn encode(arguments: &[Term]) -> Result<Term, Failure> {
    Ok(query_escape(text(arguments, 0)?).into())
}

fn decode(arguments: &[Term]) -> Result<Term, Failure> {
    let text = unescape(text(arguments, 0)?, true).ok_or(Failure::Undefined)?;
    Ok(text.into())
}

/// The values of each name, in their order.
fn decode_object(arguments: &[Term]) -> Result<Term, Failure> {
    let mut names: BTreeMap<Term, Term> = BTreeMap::new();
    for pair in text(arguments, 0)?
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let both = (!pair.contains(';'))
            .then(|| Some((unescape(name, true)?, unescape(value, true)?)))
            .flatten();
        let (name, value) = both.ok_or(Failure::Undefined)?;
        let values = names.entry(name.into()).or_insert(Term::Array(Vec::new()));
        if let Term::Array(values) = values {
            values.push(value.into());
        }
    }
    Ok(Term::Object(names))
}

fn encode_object(arguments: &[Term]) -> Result<Term, Failure> {
    let Some(Json::Object(members)) = arguments.first().map(json::from) else {
        return Err(Failure::Undefined);
    };
    let mut pairs = Vec::new();
    for (name, values) in members {
        let values = match values {
            Json::Array(values) => values,
            one @ (Json::Plain(_) | Json::Text(_) | Json::Object(_)) => vec![one],
        };
        for value in values {
            let Json::Text(value) = value else {
                return Err(Failure::Undefined);
            };
            pairs.push(format!("{}={}", query_escape(&name), query_escape(&value)));
        }
    }
    Ok(pairs.join("&").into())
}

fn query_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            byte if is_plain(byte) => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Takes the escapes out; nothing where one is broken. What is not UTF-8 then becomes the replacement character.
fn unescape(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high << 4 | low).map_or(None, Some)?
            }
            b'+' if plus_is_space => b' ',
            byte => byte,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn is_valid(arguments: &[Term]) -> Result<Term, Failure> {
    let text = arguments.first().and_then(Term::as_str);
    Ok(text
        .is_some_and(|text| !text.is_empty() && Uri::parse(text).is_some())
        .into())
}

fn parse(arguments: &[Term]) -> Result<Term, Failure> {
    let uri = Uri::parse(text(arguments, 0)?).ok_or(Failure::Undefined)?;
    let (hostname, port) = uri.host_and_port();
    let parts = [
        ("fragment", uri.fragment.as_str()),
        ("hostname", hostname),
        ("path", uri.path.as_str()),
        ("port", port),
        ("raw_path", uri.raw_path.as_str()),
        ("raw_query", uri.raw_query.as_str()),
        ("scheme", uri.scheme.as_str()),
    ];
    let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
    Ok(Term::Object(
        parts
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
    ))
}

/// A URI in parts; a part that is absent is empty.
#[derive(Debug, Default)]
struct Uri {
    scheme: String,
    host: String,
    path: String,
    /// The path as it is written, where it is not as Go would write it.
    raw_path: String,
    raw_query: String,
    fragment: String,
}

impl Uri {
    fn parse(text: &str) -> Option<Self> {
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut uri = Self {
            fragment: unescape(fragment, false)?,
            ..Self::default()
        };
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return None;
        }
        if text == "*" {
            uri.set_path("*")?;
            return Some(uri);
        }
        let (scheme, rest) = scheme(text)?;
        uri.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        uri.raw_query = query.to_owned();
        let mut path = rest;
        if !rest.starts_with('/') {
            if !scheme.is_empty() {
                // What follows is opaque: Go takes no parts out of it.
                return Some(uri);
            }
            if rest
                .split('/')
                .next()
                .is_some_and(|first| first.contains(':'))
            {
                return None;
            }
        }
        let has_authority = !scheme.is_empty() || !rest.starts_with("///");
        if let (true, Some(authority)) = (has_authority, rest.strip_prefix("//")) {
            let end = authority.find('/').unwrap_or(authority.len());
            let (authority, rest) = authority.split_at_checked(end)?;
            uri.set_authority(authority)?;
            path = rest;
        }
        uri.set_path(path)?;
        Some(uri)
    }

    fn set_path(&mut self, path: &str) -> Option<()> {
        self.path = unescape(path, false)?;
        let mut written = String::new();
        for byte in self.path.bytes() {
            let plain = is_plain(byte) || b"$&+,/:;=@".contains(&byte);
            match byte {
                byte if plain => written.push(char::from(byte)),
                byte => written.push_str(&format!("%{byte:02X}")),
            }
        }
        let own = written == path;
        self.raw_path = if own {
            self.path.clone()
        } else {
            path.to_owned()
        };
        Some(())
    }

    fn set_authority(&mut self, authority: &str) -> Option<()> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.host = host_of(&self.scheme, host)?;
        let Some(user) = user else {
            return Some(());
        };
        let allowed = |byte: u8| is_plain(byte) || b":!$&'()*+,;=%@".contains(&byte);
        let fits = user.bytes().all(allowed) && unescape(user, false).is_some();
        fits.then_some(())
    }

    fn host_and_port(&self) -> (&str, &str) {
        let split = self.host.rsplit_once(':');
        let (host, port) = match split.filter(|(_, port)| is_port(port)) {
            Some(both) => both,
            None => (self.host.as_str(), ""),
        };
        let inner = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        (inner.unwrap_or(host), port)
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The scheme and what follows it; no scheme is empty, a missing one before a colon is an error.
fn scheme(text: &str) -> Option<(&str, &str)> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' => return text.split_once(':').filter(|_| at > 0),
            _ => break,
        }
    }
    Some(("", text))
}

fn host_of(scheme: &str, host: &str) -> Option<String> {
    if let Some(inside) = host.strip_prefix('[') {
        let (address, port) = inside.rsplit_once(']')?;
        if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_port) {
            return None;
        }
        let (address, zone) = match address.split_once("%25") {
            Some((address, zone)) => (host_text(address)?, Some(unescape(zone, false)?)),
            None => (host_text(address)?, None),
        };
        // Only an address of IPv6 stands in brackets.
        address.parse::<std::net::Ipv6Addr>().map_or(None, Some)?;
        if zone.as_ref().is_some_and(String::is_empty) {
            return None;
        }
        let zone = zone.map_or_else(String::new, |zone| format!("%{zone}"));
        return Some(format!("[{address}{zone}]{port}"));
    }
    if host.contains('[') {
        return None;
    }
    let strict = matches!(scheme, "http" | "https");
    let split = if strict {
        host.split_once(':')
    } else {
        host.rsplit_once(':')
    };
    if split.is_some_and(|(_, port)| !is_port(port)) {
        return None;
    }
    host_text(host)
}

/// A host in which only what is not ASCII may be escaped.
fn host_text(host: &str) -> Option<String> {
    let allowed =
        |byte: u8| !byte.is_ascii() || is_plain(byte) || b"!$&'()*+,;=:[]<>\"%".contains(&byte);
    let mut escapes = host.split('%').skip(1);
    let foreign = |rest: &str| rest.starts_with(|c| matches!(c, '8' | '9' | 'a'..='f' | 'A'..='F'));
    let fits =
        host.bytes().all(allowed) && escapes.all(|rest| rest.starts_with("25") || foreign(rest));
    if fits { unescape(host, false) } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn queries_are_read_and_written() {
        check("urlquery.encode", r#"["a b&é~"]"#, r#""a+b%26%C3%A9~""#);
        check("urlquery.decode", r#"["a+b%26"]"#, r#""a b&""#);
        check("urlquery.decode", r#"["%4"]"#, "undefined");
        check(
            "urlquery.decode_object",
            r#"["a=1&b=&a=2&c"]"#,
            r#"{"a":["1","2"],"b":[""],"c":[""]}"#,
        );
        check("urlquery.decode_object", r#"["a=1;b=2"]"#, "undefined");
        check(
            "urlquery.encode_object",
            r#"[{"b":{"y","x"},"a":"1 2"}]"#,
            r#""a=1+2&b=x&b=y""#,
        );
        check("urlquery.encode_object", r#"[{"b":1}]"#, "undefined");
    }

    #[test]
    fn uris_are_taken_apart() {
        check(
            "uri.parse",
            r#"["HTTPS://u:p@[::1]:80/a%20b/!?q=1#f%20"]"#,
            r#"{"fragment":"f ","hostname":"::1","path":"/a b/!","port":"80","raw_path":"/a%20b/!","raw_query":"q=1","scheme":"https"}"#,
        );
        check("uri.parse", r#"["mailto:a@b"]"#, r#"{"scheme":"mailto"}"#);
        check(
            "uri.parse",
            r#"["///a"]"#,
            r#"{"path":"///a","raw_path":"///a"}"#,
        );
        for text in [
            "",
            ":a",
            "http://a:b",
            "http://[1.2.3.4]",
            "a:b/c d\\u0001",
            "1:2",
            "http://a b/",
        ] {
            check("uri.is_valid", &format!(r#"["{text}"]"#), "false");
        }
        for text in ["a", "//h", "*", "http://h:", "urn:x:y", "http://%C3%A9/"] {
            check("uri.is_valid", &format!(r#"["{text}"]"#), "true");
        }
    }
}
