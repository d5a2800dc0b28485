//! Bytes and their texts: hexadecimal, hashes, addresses.

use super::{Builtin, Failure, Term, text};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("crypto.sha256", sha256),
    ("hex.decode", hex_decode),
    ("hex.encode", hex_encode),
    ("net.cidr_is_valid", net_cidr_is_valid),
];

fn hex_encode(arguments: &[Term]) -> Result<Term, Failure> {
    Ok(hex::encode(text(arguments, 0)?).into())
}

fn hex_decode(arguments: &[Term]) -> Result<Term, Failure> {
    let bytes = hex::decode(text(arguments, 0)?).map_err(|_| Failure::Undefined)?;
    Ok(String::from_utf8_lossy(&bytes).as_ref().into())
}

fn sha256(arguments: &[Term]) -> Result<Term, Failure> {
    let hash = crate::names::Sha256::of(text(arguments, 0)?.as_bytes());
    Ok(hash.to_string().into())
}

/// Go's `net.ParseCIDR`.
fn net_cidr_is_valid(arguments: &[Term]) -> Result<Term, Failure> {
    let Some((address, prefix)) = text(arguments, 0)?.split_once('/') else {
        return Ok(false.into());
    };
    let bits_max = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return Ok(false.into()),
    };
    let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
    Ok((digits && prefix.parse::<u8>().is_ok_and(|bits| bits <= bits_max)).into())
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn they_answer_as_opa_does() {
        check("hex.encode", r#"["aé"]"#, r#""61c3a9""#);
        check("hex.decode", r#"["61"]"#, r#""a""#);
        check("hex.decode", r#"["6"]"#, "undefined");
        check("net.cidr_is_valid", r#"["10.0.0.0/8"]"#, "true");
        check("net.cidr_is_valid", r#"["10.0.0.0/33"]"#, "false");
        check("net.cidr_is_valid", r#"["10.0.0.0/+8"]"#, "false");
        check("net.cidr_is_valid", r#"["::/0"]"#, "true");
    }
}
