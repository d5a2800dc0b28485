//! Texts with placeholders, from which ids, ARNs and addresses are made.
//!
//! `{account}`, `{partition}`, `{region}` and `{id}` stand for themselves; `{hex:N}`, `{digits:N}`, `{base32:N}`, `{base64:N}` and
//! `{uuid}` for digits drawn for this property; `{host:N}` and `{byte:N}` for digits that all properties of one resource share;
//! any other word for the property of that name. Braces that hold no such word stay as they are, so that JSON needs no escapes.
//!
//! INVARIANT: what is drawn depends on the draw's own bytes only.

use serde::Deserialize;

use crate::names::Sha256;

/// Text with placeholders.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Template(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Property(String),
    Drawn(Alphabet, usize),
    Uuid,
    /// Lower-case digits, the same in every property.
    Host(usize),
    /// A number from 1 to 254, the same in every property that asks for the same place.
    Byte(usize),
}

#[derive(Debug, Clone, Copy)]
enum Alphabet {
    Hex,
    Digits,
    Base32,
    Base64,
}

impl Alphabet {
    const fn letters(self) -> &'static [u8] {
        match self {
            Self::Hex => b"0123456789abcdef",
            Self::Digits => b"0123456789",
            Self::Base32 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
            Self::Base64 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        }
    }
}

/// A source of digits for one resource, which gives the same ones whenever it is asked for the same thing.
#[derive(Debug, Clone)]
pub(super) struct Draw(Vec<u8>);

impl Draw {
    /// Digits for one resource: the same for the same seed, purpose, URN and ordinal.
    pub(super) fn new(seed: &[u8; 32], purpose: &str, urn: &str, ordinal: u32) -> Self {
        let mut bytes = seed.to_vec();
        for part in [purpose.as_bytes(), urn.as_bytes(), &ordinal.to_be_bytes()] {
            // The length in front keeps two different lists of parts from meaning the same bytes.
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part);
        }
        Self(bytes)
    }

    /// `count` lower-case hexadecimal digits.
    pub(super) fn hex(&self, count: usize) -> String {
        self.letters("", Alphabet::Hex, count)
    }

    fn letters(&self, label: &str, alphabet: Alphabet, count: usize) -> String {
        let letters = alphabet.letters();
        self.bytes(label)
            .take(count)
            .filter_map(|byte| letters.get(usize::from(byte) % letters.len()))
            .map(|&letter| char::from(letter))
            .collect()
    }

    fn bytes(&self, label: &str) -> impl Iterator<Item = u8> {
        let mut block = Sha256::of(&[self.0.as_slice(), label.as_bytes()].concat());
        std::iter::from_fn(move || {
            let bytes = *block.as_bytes();
            block = Sha256::of(&bytes);
            Some(bytes)
        })
        .flatten()
    }
}

impl Template {
    /// The properties that it reads, the four fixed words not counted.
    pub(super) fn properties(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Property(name) if !FIXED.contains(&name.as_str()) => Some(name.as_str()),
            Part::Property(_)
            | Part::Text(_)
            | Part::Drawn(..)
            | Part::Uuid
            | Part::Host(_)
            | Part::Byte(_) => None,
        })
    }

    /// Whether another draw gives another text.
    pub(super) fn is_drawn(&self) -> bool {
        self.0
            .iter()
            .any(|part| !matches!(part, Part::Text(_) | Part::Property(_)))
    }

    /// The text for one property of one resource, or nothing where a property it reads has no value.
    pub(super) fn fill(
        &self,
        property: &str,
        draw: &Draw,
        mut value: impl FnMut(&str) -> Option<String>,
    ) -> Option<String> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Property(name) => text.push_str(&value(name)?),
                Part::Drawn(alphabet, count) => {
                    text.push_str(&draw.letters(property, *alphabet, *count));
                }
                Part::Uuid => text.push_str(&uuid(&draw.letters(property, Alphabet::Hex, 32))),
                Part::Host(count) => {
                    text.push_str(
                        &draw
                            .letters("host", Alphabet::Base32, *count)
                            .to_lowercase(),
                    );
                }
                Part::Byte(place) => {
                    let byte = draw.bytes("byte").nth(*place).unwrap_or(0);
                    text.push_str(&(byte % 254).saturating_add(1).to_string());
                }
            }
        }
        Some(text)
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            match after.split_once('}') {
                Some((word, tail)) if is_placeholder(word) => {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(placeholder(word)?);
                    rest = tail;
                }
                Some(_) | None => {
                    plain.push('{');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Ok(Self(parts))
    }
}

fn is_placeholder(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == ':')
}

fn placeholder(word: &str) -> Result<Part, String> {
    let Some((word, count)) = word.split_once(':') else {
        return Ok(match word {
            "uuid" => Part::Uuid,
            _ => Part::Property(word.to_owned()),
        });
    };
    let count: usize = count
        .parse()
        .map_err(|_| format!("`{count}` is not a number of digits"))?;
    Ok(match word {
        "hex" => Part::Drawn(Alphabet::Hex, count),
        "digits" => Part::Drawn(Alphabet::Digits, count),
        "base32" => Part::Drawn(Alphabet::Base32, count),
        "base64" => Part::Drawn(Alphabet::Base64, count),
        "host" => Part::Host(count),
        "byte" => Part::Byte(count),
        _ => return Err(format!("`{word}` is not a placeholder")),
    })
}

fn uuid(hex: &str) -> String {
    let mut text = String::new();
    for (place, digit) in hex.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// What a template may read besides properties.
const FIXED: [&str; 4] = ["account", "partition", "region", "id"];
