use super::super::tests::check;

#[test]
fn times_are_read_by_layouts() {
    for (layout, value, expect) in [
        (
            "RFC3339",
            "2017-06-02T19:00:00-07:00",
            "1496455200000000000",
        ),
        (
            "2006-01-02T15:04:05Z07:00",
            "1677-09-21T00:12:43.145224192-00:00",
            "-9223372036854775808",
        ),
        (
            "2006-01-02T15:04:05Z07:00",
            "2262-04-11T23:47:16.854775807-00:00",
            "9223372036854775807",
        ),
        (
            "01/02 03:04:05PM '06 -0700",
            "06/02 07:00:00PM '17 -0700",
            "1496455200000000000",
        ),
        ("RFC822Z", "02 Jun 17 19:00 -0700", "1496455200000000000"),
        // Letters of a zone mean nothing, as in Go on a machine whose zone is UTC.
        ("RFC822", "02 Jun 17 19:00 PDT", "1496430000000000000"),
        (
            "RFC850",
            "Friday, 02-Jun-17 19:00:00 GMT+3",
            "1496430000000000000",
        ),
        (
            "RFC1123",
            "mon, 02 jUn 2017 19:00:00 WITA",
            "1496430000000000000",
        ),
        ("ANSIC", "Fri Jun  2 19:00:00 2017", "1496430000000000000"),
        ("ANSIC", "Fri Jun 2 19:00:00,5 2017", "1496430000500000000"),
        ("2006-002", "2016-060", "1456704000000000000"),
        ("2006-__2", "2017- 60", "1488326400000000000"),
        ("2006 Jan __2", "2017 Mar  60", "1488326400000000000"),
        ("06 3pm", "69 12am", "-31536000000000000"),
        ("06 3PM", "68 12PM", "3092644800000000000"),
        (
            "2006-01-02 15:04:05.000",
            "2017-06-02 19:00:00.123",
            "1496430000123000000",
        ),
        (
            "2006-01-02 15:04:05.999",
            "2017-06-02 19:00:00",
            "1496430000000000000",
        ),
        (
            "2006-01-02 15:04:05 -07:00:00",
            "2017-06-02 19:00:00 -00:00:01",
            "1496430000000000000",
        ),
        ("2006 -07", "2017 +24", "1483142400000000000"),
        ("2006 Z0700", "2017 Z", "1483228800000000000"),
        ("06", "-5", "788918400000000000"),
    ] {
        check(
            "time.parse_ns",
            &format!(r#"["{layout}","{value}"]"#),
            expect,
        );
    }
}

#[test]
fn what_is_not_written_as_the_layout_says_is_undefined() {
    for (layout, value) in [
        ("RFC3339", "2017-06-02T19:00:00"),
        ("RFC3339", "2017-06-31T19:00:00Z"),
        ("RFC3339", "2017-02-29T19:00:00Z"),
        ("RFC3339", "2017-06-02T24:00:00Z"),
        ("RFC3339", "2017-06-02T19:60:00Z"),
        ("RFC3339", "2017-06-02T19:00:60Z"),
        ("RFC3339", "2017-06-02T19:00:00Z "),
        ("RFC3339", "2017-06-02T19:00:00+25:00"),
        ("RFC3339", "1677-09-21T00:12:43.145224191-00:00"),
        ("RFC3339", "2262-04-11T23:47:16.854775808-00:00"),
        ("RFC3339", "0001-01-01T00:00:00Z"),
        ("2006-002", "2017-366"),
        ("2006-002", "2017-000"),
        ("2006 Jan 002", "2017 Feb 060"),
        ("2006 2 002", "2017 2 060"),
        ("2006 MST", "2017 XY"),
        ("2006 MST", "2017 ABCDE"),
        ("2006 PM", "2017 am"),
        ("2006.000", "2017.12"),
        ("2006.000", "2017.-12"),
        ("Jan", "Foo"),
        ("2006", "+017"),
        ("2006 2", "2017 0"),
        ("unknown", "2017"),
        ("2006 -0700", "2017 x0700"),
    ] {
        check(
            "time.parse_ns",
            &format!(r#"["{layout}","{value}"]"#),
            "undefined",
        );
    }
    check("time.parse_ns", r#"["2006",2006]"#, "undefined");
    check(
        "time.parse_rfc3339_ns",
        r#"["1970-01-01T00:00:00-00:00"]"#,
        "0",
    );
    check("time.parse_rfc3339_ns", "[0]", "undefined");
}

#[test]
fn times_are_written_by_layouts() {
    let time = "1670006453141828752";
    for (rest, expect) in [
        ("", "2022-12-02T18:40:53.141828752Z"),
        (r#","""#, "2022-12-02T18:40:53.141828752Z"),
        (r#","Asia/Kolkata""#, "2022-12-03T00:10:53.141828752+05:30"),
        (
            r#","Asia/Kolkata","RFC1123Z""#,
            "Sat, 03 Dec 2022 00:10:53 +0530",
        ),
        (
            r#","Asia/Kolkata","UnixDate""#,
            "Sat Dec  3 00:10:53 IST 2022",
        ),
        (r#","America/Sao_Paulo","MST Z07""#, "-03 -03"),
        (r#","UTC","MST Z070000 -07:00:00""#, "UTC Z +00:00:00"),
        (
            r#","UTC","3 PM pm 03 January Monday""#,
            "6 PM pm 06 December Friday",
        ),
        (
            r#","UTC","002 __2 _2 2 02 1 01 06""#,
            "336 336  2 2 02 12 12 22",
        ),
        (
            r#","UTC",".000 ,999 .0000000000 5.9999""#,
            ".141 ,141 .141828752 53.1418",
        ),
        (r#","UTC","Month é _2006""#, "Month é _2022"),
    ] {
        check(
            "time.format",
            &format!("[[{time}{rest}]]"),
            &format!("\"{expect}\""),
        );
    }
    check("time.format", "[1.5e9]", r#""1970-01-01T00:00:01.5Z""#);
    // Before there were zones: seconds, and a sign that Go puts where it does not belong.
    check(
        "time.format",
        r#"[[-9223372036854775808,"Europe/London","-07:00:00 Z07:00 MST"]]"#,
        r#""-00:01:15 -00:01 LMT""#,
    );
}

#[test]
fn calendar_and_clock_are_those_of_the_zone() {
    check("time.date", "[1517814000000000000]", "[2018,2,5]");
    check(
        "time.date",
        r#"[[1517814000000000000,"America/Los_Angeles"]]"#,
        "[2018,2,4]",
    );
    check("time.date", "[1582977600000000000]", "[2020,2,29]");
    check("time.date", "[-1]", "[1969,12,31]");
    check("time.clock", "[1517832000000000000]", "[12,0,0]");
    check(
        "time.clock",
        r#"[[1517832000000000000,"America/New_York"]]"#,
        "[7,0,0]",
    );
    check("time.weekday", "[1517832000000000000]", r#""Monday""#);
    check("time.weekday", "[1518350400000000000]", r#""Sunday""#);
    for time in [
        "1582977600000000000000",
        "1.5",
        "1e-999999",
        r#""1""#,
        "[]",
        r#"["1"]"#,
        r#"[1,"Mars/Olympus"]"#,
        r#"[1,"america/new_york"]"#,
        r#"[1,"../UTC"]"#,
        r#"[1,"Etc/Unknown"]"#,
        "[1,2]",
        r#"[1,"UTC",3]"#,
    ] {
        for name in ["time.date", "time.clock", "time.weekday", "time.format"] {
            check(name, &format!("[{time}]"), "undefined");
        }
    }
    check(
        "time.date",
        r#"[[1,"Local"]]"#,
        "the machine's own time zone is not offered",
    );
}

#[test]
fn dates_are_added_on_the_calendar() {
    for (arguments, expect) in [
        ("1585852421593912000,3,9,12", "1705257221593912000"),
        ("1585852421593912000,-1,-1,-1", "1551465221593912000"),
        // The 31st of February is the 3rd of March.
        ("1675123200000000000,0,1,0", "1677801600000000000"),
        ("0,1.0,0,0", "31536000000000000"),
        // A day later on the clock, where the clock is put forward in between.
        (
            r#"[1710000000000000000,"America/New_York"],0,0,1"#,
            "1710082800000000000",
        ),
        // Half past two is not shown there on that day.
        (
            r#"[1709969400000000000,"America/New_York"],0,0,1"#,
            "1710052200000000000",
        ),
    ] {
        check("time.add_date", &format!("[{arguments}]"), expect);
    }
    for arguments in [
        "0,2262,1,1",
        "-9223372036854775808,0,0,-1",
        "0,100000000000,100000000000,100000000000",
        "0,-100000000000,-100000000000,-100000000000",
        "0,1e0,0,0",
        "0,0.5,0,0",
        "0,0,0",
    ] {
        check("time.add_date", &format!("[{arguments}]"), "undefined");
    }
}

#[test]
fn amounts_that_run_over_are_not_added() {
    for arguments in ["0,9223372036854775807,0,0", "0,0,0,-9223372036854775808"] {
        check(
            "time.add_date",
            &format!("[{arguments}]"),
            "more than 100000000000 years, months or days are not added",
        );
    }
}

#[test]
fn differences_are_those_of_calendars() {
    for (arguments, expect) in [
        ("61000000000,0", "[0,0,0,0,1,1]"),
        (
            r#"[60000000000,"UTC"],[0,"Asia/Shanghai"]"#,
            "[0,0,0,0,1,0]",
        ),
        ("1580601600000000000,1583020800000000000", "[0,0,28,0,0,0]"),
        ("1612224000000000000,1614556800000000000", "[0,0,27,0,0,0]"),
        ("1078012800000000000,1109635200000000000", "[1,0,1,0,0,0]"),
        ("86399000000000,86400000000000", "[0,0,0,0,0,1]"),
        (
            "-9223372036854775808,9223372036854775807",
            "[584,6,20,23,34,33]",
        ),
    ] {
        check("time.diff", &format!("[{arguments}]"), expect);
    }
    check("time.diff", "[0]", "undefined");
}

#[test]
fn durations_are_nanoseconds() {
    check("time.parse_duration_ns", r#"["100ms"]"#, "100000000");
    check("time.parse_duration_ns", r#"["-1.5d"]"#, "-129600000000000");
    check("time.parse_duration_ns", r#"["1"]"#, "undefined");
    check("time.parse_duration_ns", "[1]", "undefined");
}

#[test]
fn texts_have_a_limit() {
    let long = "2".repeat(5000);
    let expect = "a time or a layout of more than 4096 bytes is not offered";
    check("time.parse_ns", &format!(r#"["{long}","2"]"#), expect);
    check("time.parse_ns", &format!(r#"["2","{long}"]"#), expect);
    check("time.format", &format!(r#"[[0,"UTC","{long}"]]"#), expect);
    check("time.parse_duration_ns", &format!(r#"["{long}s"]"#), expect);
}
