//! Floating-point numbers as Go's `strconv` writes them. All of them are finite here: they come from a policy's text.

/// A number that is not negative; no precision is as many digits as it needs.
pub(super) fn written(size: f64, form: char, precision: Option<usize>) -> String {
    match form {
        'f' => match precision {
            Some(precision) => format!("{size:.precision$}"),
            None => format!("{size}"),
        },
        'e' => exponential(size, precision),
        'E' => exponential(size, precision).to_uppercase(),
        'G' => general(size, precision).to_uppercase(),
        'b' => {
            let (mantissa, exponent) = bits(size);
            format!("{mantissa}p{exponent:+}")
        }
        'x' => hexadecimal(size, precision),
        'X' => hexadecimal(size, precision).to_uppercase(),
        _ => general(size, precision),
    }
}

/// What `#` asks for: a point in any case, and the zeros behind it that `%g` leaves out.
pub(super) fn with_point(text: &str, form: char, precision: Option<usize>) -> String {
    let mark = if matches!(form, 'x' | 'X') {
        ['p', 'P']
    } else {
        ['e', 'E']
    };
    let end = text.find(mark).unwrap_or(text.len());
    let (number, tail) = text.split_at_checked(end).unwrap_or((text, ""));
    let mut wanted = match form {
        'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let significant = |text: &str| {
        let shown = text.chars().filter(|c| *c != '.');
        shown.skip_while(|c| *c == '0').count()
    };
    wanted = wanted.saturating_sub(significant(number));
    let mut out = number.to_owned();
    if !number.contains('.') {
        // A leading zero counts once.
        if number == "0" {
            wanted = wanted.saturating_sub(1);
        }
        out.push('.');
    }
    format!("{out}{}{tail}", "0".repeat(wanted))
}

/// Go writes at least two digits of an exponent, and its sign.
fn exponential(size: f64, precision: Option<usize>) -> String {
    let text = match precision {
        Some(precision) => format!("{size:.precision$e}"),
        None => format!("{size:e}"),
    };
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

/// The shorter of both forms, with an exponent below -4 and from the precision on, six where none is given.
fn general(size: f64, precision: Option<usize>) -> String {
    let digits = precision.map(|precision| precision.max(1));
    let scientific = exponential(size, digits.map(|digits| digits.saturating_sub(1)));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let shown: i64 = exponent.parse().unwrap_or(0);
    let threshold = digits.map_or(6, |digits| i64::try_from(digits).unwrap_or(i64::MAX));
    if shown < -4 || shown >= threshold {
        return format!("{}e{exponent}", without_zeros(mantissa));
    }
    match digits {
        Some(digits) => {
            let places = i64::try_from(digits).unwrap_or(i64::MAX);
            let places = places.saturating_sub(1).saturating_sub(shown);
            let places = usize::try_from(places).unwrap_or(0);
            without_zeros(&format!("{size:.places$}")).to_owned()
        }
        None => format!("{size}"),
    }
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// Mantissa and exponent to the base of two.
const fn bits(size: f64) -> (u64, i64) {
    let bits = size.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52) & 0x7ff {
        0 => (fraction, -1074),
        exponent => (fraction | (1 << 52), exponent.cast_signed() - 1075),
    }
}

/// `0x1.8p+00`: the first digit is one, but of zero.
fn hexadecimal(size: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = bits(size);
    exponent = exponent.saturating_add(52);
    if mantissa == 0 {
        exponent = 0;
    }
    // The leading one moves to bit 60, so that fifteen digits follow it.
    mantissa <<= 8;
    while mantissa != 0 && mantissa & (1 << 60) == 0 {
        mantissa <<= 1;
        exponent = exponent.saturating_sub(1);
    }
    if let Some(precision) = precision.filter(|precision| *precision < 15) {
        let dropped = 60_usize.saturating_sub(precision.saturating_mul(4));
        let half = 1_u64 << dropped.saturating_sub(1);
        let rest = mantissa & ((half << 1).wrapping_sub(1));
        mantissa >>= dropped;
        if rest > half || (rest == half && mantissa & 1 == 1) {
            mantissa = mantissa.saturating_add(1);
        }
        mantissa <<= dropped;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent = exponent.saturating_add(1);
        }
    }
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(precision) => format!("{digits:0<precision$}")
            .chars()
            .take(precision)
            .collect(),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let exponent = exponent.unsigned_abs();
    format!("0x{}{point}{fraction}p{sign}{exponent:02}", mantissa >> 60)
}
