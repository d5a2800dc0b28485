//! Go's `fmt.Sprintf`, as far as Rego's `sprintf` reaches it.
//!
//! OPA hands Go an integer, a float or a text; everything else arrives as the text that Rego writes for it. A verb that does
//! not fit is not an error in Go, it is spelled out in the text.
//!
//! LIMIT: `*` and `[n]` in a format are not offered. Sets are written as arrays.

use super::builtins::Failure;
use super::term::Term;

/// LIMIT: width or precision; Go's own is a million.
const SIZE_MAX: usize = 4096;

enum Argument {
    Integer(i128),
    Float(f64),
    Text(String),
}

/// Formats as OPA does.
pub(super) fn format(format: &str, values: &[Term]) -> Result<String, Failure> {
    let mut out = String::new();
    let mut arguments = values.iter();
    let mut rest = format.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let spec = Spec::parse(&mut rest)?;
        match rest.next() {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb @ ('*' | '[')) => {
                return Err(Failure::NotOffered(format!(
                    "`%{verb}` in a format is not offered"
                )));
            }
            Some(verb) => match arguments.next() {
                Some(value) => out.push_str(&spec.write(verb, &argument(value))),
                None => out.push_str(&format!("%!{verb}(MISSING)")),
            },
        }
    }
    let extra: Vec<String> = arguments.map(|value| argument(value).described()).collect();
    if !extra.is_empty() {
        out.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    Ok(out)
}

fn argument(value: &Term) -> Argument {
    match value {
        Term::Number(number) => match number.as_i64() {
            Some(integer) => Argument::Integer(integer.into()),
            None => Argument::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Term::String(text) => Argument::Text(text.clone()),
        Term::Null | Term::Bool(_) | Term::Array(_) | Term::Object(_) | Term::Set(_) => {
            Argument::Text(value.printed())
        }
    }
}

/// The shortest text of a number that is read as the same number again, as Go writes it.
pub(super) fn shortest(float: f64) -> String {
    let sign = if float.is_sign_negative() { "-" } else { "" };
    format!("{sign}{}", general(float.abs(), None))
}

/// Go's `strconv.Quote`.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 || u32::from(c) == 0x7f => {
                out.push_str(&format!("\\x{:02x}", u32::from(c)))
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl Argument {
    fn described(&self) -> String {
        match self {
            Self::Integer(integer) => format!("int64={integer}"),
            Self::Float(float) => format!("float64={}", general(*float, None)),
            Self::Text(text) => format!("string={text}"),
        }
    }
}

#[derive(Default)]
struct Spec {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

impl Spec {
    fn parse(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Self, Failure> {
        let mut spec = Self::default();
        while let Some(flag) = rest.peek() {
            match flag {
                '-' => spec.minus = true,
                '+' => spec.plus = true,
                '#' => spec.sharp = true,
                ' ' => spec.space = true,
                '0' => spec.zero = true,
                _ => break,
            }
            rest.next();
        }
        spec.width = number(rest)?;
        if rest.next_if_eq(&'.').is_some() {
            spec.precision = Some(number(rest)?.unwrap_or(0));
        }
        Ok(spec)
    }

    fn write(&self, verb: char, argument: &Argument) -> String {
        let written = match argument {
            Argument::Integer(integer) => self.integer(verb, *integer),
            Argument::Float(float) => self.float(verb, *float),
            Argument::Text(text) => self.text(verb, text),
        };
        match written {
            Some(text) => text,
            None => format!("%!{verb}({})", argument.described()),
        }
    }

    fn integer(&self, verb: char, integer: i128) -> Option<String> {
        let size = integer.unsigned_abs();
        let (prefix, digits) = match verb {
            'd' | 'v' => ("", size.to_string()),
            'x' => ("0x", format!("{size:x}")),
            'X' => ("0X", format!("{size:X}")),
            'o' => ("0", format!("{size:o}")),
            'O' => return Some(self.signed(integer < 0, format!("0o{size:o}"))),
            'b' => ("0b", format!("{size:b}")),
            'c' | 'q' => {
                let c = character(integer);
                let text = if verb == 'c' {
                    c.to_string()
                } else {
                    format!("'{}'", single_quoted(c))
                };
                return Some(self.pad(text, false));
            }
            'U' => return Some(self.pad(format!("U+{size:04X}"), false)),
            _ => return None,
        };
        let precision = self.precision.unwrap_or(0);
        let digits = format!(
            "{}{digits}",
            "0".repeat(precision.saturating_sub(digits.len()))
        );
        let prefix = if self.sharp { prefix } else { "" };
        Some(self.signed(integer < 0, format!("{prefix}{digits}")))
    }

    fn float(&self, verb: char, float: f64) -> Option<String> {
        let size = float.abs();
        let digits = match verb {
            'f' | 'F' => format!("{size:.*}", self.precision.unwrap_or(6)),
            'e' | 'E' => exponential(size, Some(self.precision.unwrap_or(6))),
            'g' | 'G' | 'v' => general(size, self.precision),
            _ => return None,
        };
        let digits = if verb.is_ascii_uppercase() {
            digits.to_uppercase()
        } else {
            digits
        };
        Some(self.signed(float.is_sign_negative(), digits))
    }

    fn text(&self, verb: char, text: &str) -> Option<String> {
        let cut: String = match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        };
        let text = match verb {
            'v' if self.sharp => quote(&cut),
            's' | 'v' => cut,
            'q' if self.sharp
                && !cut.contains(['`', '\n', '\r'])
                && !cut.chars().any(|c| c.is_control() && c != '\t') =>
            {
                format!("`{cut}`")
            }
            'q' => quote(&cut),
            'x' => hex::encode(cut),
            'X' => hex::encode_upper(cut),
            _ => return None,
        };
        Some(self.pad(text, self.zero))
    }

    fn signed(&self, negative: bool, digits: String) -> String {
        let sign = match (negative, self.plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        let length = sign.len().saturating_add(digits.chars().count());
        match self.width {
            Some(width) if self.zero && !self.minus && self.precision.is_none() => {
                format!("{sign}{}{digits}", "0".repeat(width.saturating_sub(length)))
            }
            Some(_) | None => self.pad(format!("{sign}{digits}"), false),
        }
    }

    fn pad(&self, text: String, zeros: bool) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        match (self.minus, zeros) {
            (true, _) => format!("{text}{}", " ".repeat(missing)),
            (false, true) => format!("{}{text}", "0".repeat(missing)),
            (false, false) => format!("{}{text}", " ".repeat(missing)),
        }
    }
}

fn number(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Option<usize>, Failure> {
    let mut digits = String::new();
    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
        digits.push(digit);
    }
    if digits.is_empty() {
        return Ok(None);
    }
    match digits.parse::<usize>() {
        Ok(size) if size <= SIZE_MAX => Ok(Some(size)),
        Ok(_) | Err(_) => Err(Failure::NotOffered(format!(
            "a width or precision over {SIZE_MAX} is not offered"
        ))),
    }
}

/// Go writes at least two digits of an exponent, and its sign.
fn exponential(size: f64, precision: Option<usize>) -> String {
    let text = match precision {
        Some(precision) => format!("{size:.precision$e}"),
        None => format!("{size:e}"),
    };
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent
                .strip_prefix('-')
                .map_or(('+', exponent), |rest| ('-', rest));
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

/// Go's `%g`: the shorter of both forms, with an exponent below -4 and from the precision on, six where none is given.
fn general(size: f64, precision: Option<usize>) -> String {
    if !size.is_finite() {
        return if size.is_nan() {
            "NaN".to_owned()
        } else {
            "+Inf".to_owned()
        };
    }
    let digits = precision.map(|precision| precision.max(1));
    let scientific = exponential(size, digits.map(|digits| digits.saturating_sub(1)));
    let exponent: i64 = scientific
        .split_once('e')
        .map_or(0, |(_, text)| text.parse().unwrap_or(0));
    let threshold = digits.map_or(6, |digits| i64::try_from(digits).unwrap_or(i64::MAX));
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if exponent < -4 || exponent >= threshold {
        return match scientific.split_once('e') {
            Some((digits, exponent)) => format!("{}e{exponent}", trimmed(digits)),
            None => scientific,
        };
    }
    match digits {
        Some(digits) => {
            let places = i64::try_from(digits)
                .unwrap_or(i64::MAX)
                .saturating_sub(1)
                .saturating_sub(exponent);
            trimmed(&format!("{size:.*}", usize::try_from(places).unwrap_or(0)))
        }
        None => format!("{size}"),
    }
}

fn character(code: i128) -> char {
    let code = u32::try_from(code).unwrap_or(u32::MAX);
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn single_quoted(c: char) -> String {
    match c {
        '\'' => "\\'".to_owned(),
        '"' => "\"".to_owned(),
        c => {
            let quoted = quote(&c.to_string());
            quoted.trim_matches('"').to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
