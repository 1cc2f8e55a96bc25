//! Spans of time as arguments: `30s`, `5m`, `2h`; a number alone is seconds.

use std::time::Duration;

/// Reads a span.
pub fn parse(text: &str) -> Result<Duration, String> {
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let digits = text.strip_suffix(unit).unwrap_or(text);
    let factor = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("a time is a number of `s`, `m` or `h`".into()),
    };
    let number: u64 = digits.parse().map_err(|_| "a time begins with a number".to_owned())?;
    let seconds = number.checked_mul(factor).ok_or("the time is too long")?;
    Ok(Duration::from_secs(seconds))
}

/// Reads how often something is done: each second to each hour.
pub fn interval(text: &str) -> Result<Duration, String> {
    let interval = parse(text)?;
    let allowed = Duration::from_secs(1)..=Duration::from_secs(3600);
    if allowed.contains(&interval) { Ok(interval) } else { Err("choose 1s to 1h".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, seconds) in [("0", 0), ("30", 30), ("30s", 30), ("5m", 300), ("2h", 7200)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "s", "m5", "5 m", "5d", "-1", "1.5m", "99999999999999999999", "9999999999999999h"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_interval_is_a_second_to_an_hour() {
        for (text, allowed) in [("0", false), ("1s", true), ("1h", true), ("3601", false)] {
            assert_eq!(interval(text).is_ok(), allowed, "{text}");
        }
    }
}
