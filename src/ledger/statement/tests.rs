//! Envelopes, good and bad.

use super::*;

fn statement() -> Statement<Vsa> {
    let digest = |text: &str| Digest {
        sha256: Sha256::of(text.as_bytes()),
    };
    Statement {
        statement_type: STATEMENT_TYPE.to_owned(),
        subject: vec![Subject::new("run-1/decision", Sha256::of(b"decision"))],
        predicate_type: VSA_TYPE.to_owned(),
        predicate: Vsa {
            verifier: Verifier {
                id: "https://example.com/lightsout".to_owned(),
            },
            time_verified: "2026-03-01T10:00:00Z".parse().unwrap(),
            resource_uri: "pulumi:dev/site".to_owned(),
            policy: Resource {
                uri: "policy-packs/aws-baseline".to_owned(),
                digest: digest("policy"),
            },
            input_attestations: vec![Resource {
                uri: "run-1/preview".to_owned(),
                digest: digest("preview"),
            }],
            verification_result: VsaResult::Passed,
            verified_levels: vec!["LIGHTSOUT_AUTO".to_owned()],
        },
    }
}

#[test]
fn an_envelope_opens_with_its_key_only() {
    let key = Key::generate("example.com/l").unwrap();
    let envelope = sign(&key, &statement()).unwrap();
    assert_eq!(
        open::<Vsa>(&envelope, &key.verifier()).unwrap(),
        statement()
    );
    let other = Key::generate("example.com/l").unwrap();
    assert!(matches!(
        open::<Vsa>(&envelope, &other.verifier()),
        Err(Error::Signature)
    ));
}

#[test]
fn the_predicate_is_spelled_as_slsa_spells_it() {
    let value = serde_json::to_value(statement()).unwrap();
    let mut keys: Vec<&String> = value["predicate"].as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "inputAttestations",
            "policy",
            "resourceUri",
            "timeVerified",
            "verificationResult",
            "verifiedLevels",
            "verifier"
        ]
    );
    assert_eq!(value["predicate"]["verificationResult"], "PASSED");
    assert_eq!(value["_type"], STATEMENT_TYPE);
}

#[test]
fn the_encoding_is_the_one_of_the_specification() {
    let encoded = encoding("http://example.com/HelloWorld", b"hello world");
    assert_eq!(
        encoded,
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
}

#[test]
fn every_changed_byte_is_seen() {
    let key = Key::generate("example.com/l").unwrap();
    let envelope = sign(&key, &statement()).unwrap();
    for at in 0..envelope.len() {
        let mut changed = envelope.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(open::<Vsa>(&changed, &key.verifier()).is_err(), "byte {at}");
    }
}

#[test]
fn a_signed_payload_of_another_type_is_refused() {
    let key = Key::generate("example.com/l").unwrap();
    let seal = |payload_type: &str, payload: &[u8], signatures: usize| {
        let signature = key.signature(&encoding(payload_type, payload));
        canonical::to_bytes(&Envelope {
            payload: BASE64_STANDARD.encode(payload),
            payload_type: payload_type.to_owned(),
            signatures: (0..signatures)
                .map(|_| Signature {
                    keyid: key.verifier().key_name(),
                    sig: BASE64_STANDARD.encode(signature),
                })
                .collect(),
        })
        .unwrap()
    };
    let good = canonical::to_bytes(&statement()).unwrap();
    let mut other = statement();
    other.statement_type = "https://in-toto.io/Statement/v0.1".to_owned();
    let other = canonical::to_bytes(&other).unwrap();
    let check = |envelope: Vec<u8>| open::<Vsa>(&envelope, &key.verifier());
    assert!(check(seal(PAYLOAD_TYPE, &good, 1)).is_ok());
    assert!(matches!(
        check(seal("text/plain", &good, 1)),
        Err(Error::Type(_))
    ));
    assert!(matches!(
        check(seal(PAYLOAD_TYPE, &other, 1)),
        Err(Error::Type(_))
    ));
    assert!(matches!(
        check(seal(PAYLOAD_TYPE, b"{ }", 1)),
        Err(Error::Canonical(_))
    ));
    assert!(matches!(
        check(seal(PAYLOAD_TYPE, b"{}", 1)),
        Err(Error::Json(_))
    ));
    assert!(matches!(
        check(seal(PAYLOAD_TYPE, &good, 0)),
        Err(Error::Signature)
    ));
    assert!(matches!(
        check(seal(PAYLOAD_TYPE, &good, 2)),
        Err(Error::Signature)
    ));
}
