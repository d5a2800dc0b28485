//! One verb of a format on one argument.

use num_bigint::{BigInt, Sign};

use super::super::builtins::Failure;
use super::quote::{fits_backquotes, is_printable, quoted};
use super::{Argument, float};

/// What stands between `%` and the verb.
#[derive(Debug, Clone, Default)]
pub(super) struct Spec {
    pub(super) minus: bool,
    pub(super) zero: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    /// `%#v` and `%+v` mean something else than `#` and `+` elsewhere.
    sharp_v: bool,
    plus_v: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

/// The type that Go names when a verb does not fit.
pub(super) const fn go_type(argument: &Argument) -> &'static str {
    match argument {
        Argument::Integer(_) => "int64",
        Argument::Big(_) => "*big.Int",
        Argument::Float(_) => "float64",
        Argument::Text(_) => "string",
    }
}

impl Spec {
    /// Takes a flag; says whether it is one.
    pub(super) const fn flag(&mut self, flag: char) -> bool {
        match flag {
            '-' => self.minus = true,
            '+' => self.plus = true,
            '#' => self.sharp = true,
            ' ' => self.space = true,
            '0' => self.zero = true,
            _ => return false,
        }
        true
    }

    /// Gives the flags of `%v` their own meaning.
    pub(super) const fn settle(&mut self, verb: char) {
        if matches!(verb, 'v' | 'w') {
            (self.sharp_v, self.sharp) = (self.sharp, false);
            (self.plus_v, self.plus) = (self.plus, false);
        }
    }

    pub(super) fn write(&self, verb: char, argument: &Argument) -> Result<String, Failure> {
        let written = match (verb, argument) {
            ('T', argument) => Some(self.text(go_type(argument))),
            ('p', Argument::Big(_)) => {
                let why = "`%p` of a large number is an address in memory";
                return Err(Failure::NotOffered(why.to_owned()));
            }
            (verb, Argument::Integer(integer)) => self.integer(verb, *integer),
            (verb, Argument::Float(float)) => self.float(verb, *float),
            (verb, Argument::Text(text)) => self.string(verb, text),
            (verb, Argument::Big(big)) => Some(self.big(verb, big)),
        };
        match written {
            Some(text) => Ok(text),
            None => {
                let value = self.write('v', argument)?;
                Ok(format!("%!{verb}({}={value})", go_type(argument)))
            }
        }
    }

    fn integer(&self, verb: char, integer: i64) -> Option<String> {
        // Go takes the bits of a negative number for a code point.
        let code = u64::from_ne_bytes(integer.to_ne_bytes());
        let digits = |base| digits(&integer.unsigned_abs().into(), base);
        Some(match verb {
            'd' | 'v' => self.number(integer < 0, "", digits(10)),
            'b' => self.number(integer < 0, self.prefix("0b"), digits(2)),
            'x' => self.number(integer < 0, self.prefix("0x"), digits(16)),
            'X' => self.number(integer < 0, self.prefix("0X"), digits(16).to_uppercase()),
            'O' => self.number(integer < 0, "0o", self.octal(integer < 0, digits(8))),
            'o' => self.number(integer < 0, "", self.octal(integer < 0, digits(8))),
            'c' => self.pad(&character(code).to_string(), self.zero),
            'q' => {
                let text = character(code).to_string();
                self.pad(&quoted(&text, '\'', self.plus), self.zero)
            }
            'U' => self.pad(&self.unicode(code), false),
            _ => return None,
        })
    }

    const fn prefix(&self, prefix: &'static str) -> &'static str {
        if self.sharp { prefix } else { "" }
    }

    /// A `#` puts a zero before octal digits that do not begin with one, after a precision has.
    fn octal(&self, negative: bool, digits: String) -> String {
        let digits = self.zeros(digits, negative);
        if self.sharp && !digits.starts_with('0') {
            format!("0{digits}")
        } else {
            digits
        }
    }

    /// Leading zeros, which a precision asks for, or a width with the flag `0`.
    fn zeros(&self, digits: String, negative: bool) -> String {
        let signed = negative || self.plus || self.space;
        let least = match (self.precision, self.width) {
            (Some(precision), _) => precision,
            (None, Some(width)) if self.zero && !self.minus => {
                width.saturating_sub(usize::from(signed))
            }
            (None, Some(_) | None) => 0,
        };
        format!("{}{digits}", "0".repeat(least.saturating_sub(digits.len())))
    }

    fn number(&self, negative: bool, prefix: &str, digits: String) -> String {
        if self.precision == Some(0) && digits == "0" {
            return " ".repeat(self.width.unwrap_or(0));
        }
        let digits = self.zeros(digits, negative);
        let sign = self.sign(negative, self.plus);
        self.pad(&format!("{sign}{prefix}{digits}"), false)
    }

    const fn sign(&self, negative: bool, plus: bool) -> &'static str {
        match (negative, plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        }
    }

    fn unicode(&self, code: u64) -> String {
        let digits = self.precision.unwrap_or(0).max(4);
        let mut text = format!("U+{code:0digits$X}");
        let shown = u32::try_from(code).map_or(None, char::from_u32);
        if let (true, Some(c)) = (self.sharp, shown)
            && is_printable(c)
        {
            text.push_str(&format!(" '{c}'"));
        }
        text
    }

    /// Large integers format themselves in Go, a little differently.
    fn big(&self, verb: char, big: &BigInt) -> String {
        let sharp = self.sharp || self.sharp_v;
        let (base, prefix) = match verb {
            'b' => (2, if sharp { "0b" } else { "" }),
            'o' => (8, if sharp { "0" } else { "" }),
            'O' => (8, "0o"),
            'd' | 's' | 'v' => (10, ""),
            'x' => (16, if sharp { "0x" } else { "" }),
            'X' => (16, if sharp { "0X" } else { "" }),
            _ => return format!("%!{verb}(big.Int={big})"),
        };
        let mut digits = digits(big.magnitude(), base);
        if verb == 'X' {
            digits.make_ascii_uppercase();
        }
        let least = self.precision.unwrap_or(0);
        let mut zeros = least.saturating_sub(digits.len());
        let sign = self.sign(big.sign() == Sign::Minus, self.plus || self.plus_v);
        let length = [sign.len(), prefix.len(), zeros, digits.len()].iter().sum();
        let missing = self.width.unwrap_or(0).saturating_sub(length);
        if !self.minus && self.zero && self.precision.is_none() && missing > 0 {
            zeros = missing;
        }
        let zeros = "0".repeat(zeros);
        self.pad(&format!("{sign}{prefix}{zeros}{digits}"), false)
    }

    fn float(&self, verb: char, float: f64) -> Option<String> {
        let (form, precision) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'f' | 'e' | 'E' => (verb, Some(6)),
            'F' => ('f', Some(6)),
            _ => return None,
        };
        let precision = self.precision.or(precision);
        let mut digits = float::written(float.abs(), form, precision);
        if self.sharp && form != 'b' {
            digits = float::with_point(&digits, form, precision);
        }
        let sign = self.sign(float.is_sign_negative(), self.plus);
        let length = digits.len().saturating_add(sign.len());
        let missing = self.width.unwrap_or(0).saturating_sub(length);
        if self.zero && !self.minus && missing > 0 {
            return Some(format!("{sign}{}{digits}", "0".repeat(missing)));
        }
        Some(self.pad(&format!("{sign}{digits}"), false))
    }

    fn string(&self, verb: char, text: &str) -> Option<String> {
        Some(match verb {
            'v' if self.sharp_v => self.quoted(text),
            's' | 'v' => self.text(text),
            'q' => self.quoted(text),
            'x' => self.hex(text, "0x", |byte| format!("{byte:02x}")),
            'X' => self.hex(text, "0X", |byte| format!("{byte:02X}")),
            _ => return None,
        })
    }

    fn cut<'a>(&self, text: &'a str) -> &'a str {
        let end = self
            .precision
            .and_then(|precision| text.char_indices().nth(precision));
        end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
    }

    fn text(&self, text: &str) -> String {
        self.pad(self.cut(text), self.zero)
    }

    fn quoted(&self, text: &str) -> String {
        let text = self.cut(text);
        let quoted = if self.sharp && fits_backquotes(text) {
            format!("`{text}`")
        } else {
            quoted(text, '"', self.plus)
        };
        self.pad(&quoted, self.zero)
    }

    /// The bytes of a text; a space in the format stands between them, and `#` puts a prefix before each or before all.
    fn hex(&self, text: &str, prefix: &str, byte: fn(&u8) -> String) -> String {
        let bytes = text.as_bytes();
        let length = self.precision.unwrap_or(bytes.len()).min(bytes.len());
        let bytes: Vec<String> = bytes.iter().take(length).map(byte).collect();
        let between = match (self.space, self.sharp) {
            (true, true) => format!(" {prefix}"),
            (true, false) => " ".to_owned(),
            (false, _) => String::new(),
        };
        let first = if self.sharp && length > 0 { prefix } else { "" };
        self.pad(&format!("{first}{}", bytes.join(&between)), self.zero)
    }

    fn pad(&self, text: &str, zeros: bool) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        match (self.minus, zeros) {
            (true, _) => format!("{text}{}", " ".repeat(missing)),
            (false, true) => format!("{}{text}", "0".repeat(missing)),
            (false, false) => format!("{}{text}", " ".repeat(missing)),
        }
    }
}

fn digits(size: &num_bigint::BigUint, base: u32) -> String {
    size.to_str_radix(base)
}

fn character(code: u64) -> char {
    let code = u32::try_from(code).unwrap_or(u32::MAX);
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}
