//! Why a builtin of OPA is not offered to policies.

/// Builtins by what their names begin with, and the reason; a rule that calls one is refused when its pack is loaded.
const REFUSED: &[(&str, &str)] = &[
    ("crypto.parse_private_keys", KEYS),
    ("crypto.x509.", KEYS),
    (
        "graphql.",
        "it reads a language that no infrastructure is written in",
    ),
    ("http.send", NETWORK),
    (
        "io.jwt.",
        "tokens are for deciding about requests, and verifying one asks the clock",
    ),
    ("json.match_schema", SCHEMAS),
    ("json.verify_schema", SCHEMAS),
    ("net.lookup_ip_addr", NETWORK),
    (
        "opa.runtime",
        "it reads the machine's environment and configuration",
    ),
    (
        "providers.aws.",
        "it signs requests, and a policy sends none",
    ),
    ("rand.intn", RANDOM),
    (
        "rego.parse_module",
        "it parses Rego, which only OPA does here",
    ),
    (
        "strings.render_template",
        "it runs the template language of Go; use `sprintf` or `concat`",
    ),
    ("trace", "nobody reads what a policy traces"),
    ("uuid.rfc4122", RANDOM),
    (
        "yaml.marshal",
        "it folds and quotes as one library of Go does; use `json.marshal`, which is YAML as well",
    ),
];

const KEYS: &str = "it reads keys and certificates, and a policy sees none";
const NETWORK: &str = "it reaches the network, and a policy sees its input and nothing else";
const RANDOM: &str = "it is random, and the same preview must have the same verdict";
const SCHEMAS: &str =
    "it may fetch schemas from the network, and its answers are the messages of a library of Go";

/// Why a builtin of OPA is not offered; nothing for one that is, and for what is no builtin of OPA.
pub(in super::super) fn refusal(name: &str) -> Option<&'static str> {
    let found = REFUSED
        .iter()
        .find(|(begin, _)| name == *begin || (begin.ends_with('.') && name.starts_with(begin)));
    found.map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::super::is_offered;
    use super::*;

    #[test]
    fn what_is_refused_is_not_offered() {
        for (begin, why) in REFUSED {
            assert!(!is_offered(begin), "{begin}");
            assert_eq!(refusal(begin), Some(*why));
        }
        assert!(refusal("io.jwt.decode").is_some_and(|why| why.contains("tokens")));
        assert!(refusal("http.sender").is_none());
        assert!(refusal("json.unmarshal").is_none());
    }
}
