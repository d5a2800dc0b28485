//! Hashes, with and without a key, as hexadecimal digits.
//!
//! Nothing here protects anything: a policy compares values that it was given.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2_mac::{Sha256, Sha512};

use super::{Builtin, Failure, Term, text};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("crypto.hmac.equal", equal),
    ("crypto.hmac.md5", mac::<Hmac<Md5>>),
    ("crypto.hmac.sha1", mac::<Hmac<Sha1>>),
    ("crypto.hmac.sha256", mac::<Hmac<Sha256>>),
    ("crypto.hmac.sha512", mac::<Hmac<Sha512>>),
    ("crypto.md5", hash::<Md5>),
    ("crypto.sha1", hash::<Sha1>),
    ("crypto.sha256", hash::<Sha256>),
];

fn hash<H: Digest>(arguments: &[Term]) -> Result<Term, Failure> {
    let hash = H::digest(text(arguments, 0)?);
    Ok(hex::encode(hash).into())
}

fn mac<M: Mac + KeyInit>(arguments: &[Term]) -> Result<Term, Failure> {
    let (message, key) = (text(arguments, 0)?, text(arguments, 1)?);
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).map_err(|_| Failure::Undefined)?;
    mac.update(message.as_bytes());
    Ok(hex::encode(mac.finalize().into_bytes()).into())
}

fn equal(arguments: &[Term]) -> Result<Term, Failure> {
    Ok((text(arguments, 0)? == text(arguments, 1)?).into())
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn hashes_are_written_in_hexadecimal() {
        for (name, expect) in [
            ("crypto.md5", r#""80a751fde577028640c419000e33eba6""#),
            (
                "crypto.sha1",
                r#""bfb7759a67daeb65410490b4d98bb9da7d1ea2ce""#,
            ),
            (
                "crypto.sha256",
                r#""5e2bf57d3f40c4b6df69daf1936cb766f832374b4fc0259a7cbff06e2f70f269""#,
            ),
        ] {
            check(name, r#"["lorem ipsum"]"#, expect);
            check(name, "[1]", "undefined");
        }
    }

    #[test]
    fn a_key_of_any_length_is_a_key() {
        let long = "k".repeat(200);
        for (name, key, expect) in [
            (
                "crypto.hmac.md5",
                "key",
                r#""80070713463e7749b90c2dc24911e275""#,
            ),
            (
                "crypto.hmac.sha1",
                "key",
                r#""de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9""#,
            ),
            (
                "crypto.hmac.sha256",
                "key",
                r#""f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8""#,
            ),
            (
                "crypto.hmac.sha512",
                "key",
                r#""b42af09057bac1e2d41708e48a902e09b5ff7f12ab428a4fe86653c73dd248fb82f948a549f7b791a5b41915ee4d1ec3935357e4e2317250d0372afa2ebeeb3a""#,
            ),
            (
                "crypto.hmac.md5",
                &long,
                r#""9bf785629eae94112dad3d2d9162dae6""#,
            ),
            (
                "crypto.hmac.sha256",
                "",
                r#""fb011e6154a19b9a4c767373c305275a5a69e8b68b0b4c9200c383dced19a416""#,
            ),
        ] {
            let message = "The quick brown fox jumps over the lazy dog";
            check(name, &format!(r#"["{message}","{key}"]"#), expect);
            check(name, r#"["message"]"#, "undefined");
        }
    }

    #[test]
    fn equal_texts_are_equal() {
        check("crypto.hmac.equal", r#"["ab","ab"]"#, "true");
        check("crypto.hmac.equal", r#"["ab","abc"]"#, "false");
        check("crypto.hmac.equal", r#"["ab",1]"#, "undefined");
    }
}
