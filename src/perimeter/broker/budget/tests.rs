use super::*;

fn limits(requests: u64, tokens: u64, usd: Option<f64>, bytes: u64) -> Limits {
    Limits::new(&ModelBudget {
        usd,
        tokens: Some(tokens),
        requests: Some(requests),
        bytes: Some(bytes),
    })
    .unwrap()
}

fn account(attempt: Limits, run: Limits, before: Spent) -> Account {
    let price = Price {
        input: 1.25,
        cached_input: Some(0.125),
        cache_write: None,
        output: 10.0,
    };
    Account::new(attempt, run, before, Prices::new(&price))
}

fn wide() -> Limits {
    limits(100, 1_000_000, Some(10.0), 10_000_000)
}

fn said(input: u64, output: u64) -> Option<Tokens> {
    Some(Tokens {
        input,
        output,
        ..Tokens::default()
    })
}

#[test]
fn what_is_said_is_what_counts() {
    let mut account = account(wide(), wide(), Spent::default());
    let room = account.reserve(4_000, 1_000).unwrap();
    let settled = account.settle(room, said(1_000, 100), 600);
    assert_eq!(settled.usage, UsageSeen::Reported);
    // 1,000 tokens at 1.25 and 100 at 10 dollars a million.
    assert_eq!(settled.nano_usd, 1_250_000 + 1_000_000);
    assert_eq!(
        account.spent(),
        Spent {
            requests: 1,
            tokens: 1_100,
            nano_usd: 2_250_000,
            bytes: 4_600
        }
    );
}

#[test]
fn silence_and_lies_cost_what_was_reserved() {
    for said in [None, said(0, 0), said(0, 1_000_000)] {
        let mut account = account(wide(), wide(), Spent::default());
        let room = account.reserve(4_000, 1_000).unwrap();
        let settled = account.settle(room, said, 0);
        assert_ne!(settled.usage, UsageSeen::Reported, "{said:?}");
        assert_eq!(account.spent().tokens, 3_000, "{said:?}");
        // The dearest kind of token that is sent: written to the cache.
        assert_eq!(account.spent().nano_usd, 2_000 * 2_500 + 1_000 * 10_000);
    }
}

#[test]
fn an_answer_that_claims_everything_ends_the_budget_without_overflow() {
    let mut account = account(wide(), wide(), Spent::default());
    let room = account.reserve(100, 10).unwrap();
    account.settle(room, said(u64::MAX, u64::MAX), u64::MAX);
    let refused = account.reserve(100, 10).unwrap_err();
    assert_eq!(refused.scope, Scope::Attempt);
}

#[test]
fn what_is_reserved_is_not_there_for_another() {
    let mut account = account(limits(9, 3_000, None, 10_000), wide(), Spent::default());
    let first = account.reserve(2_000, 1_000).unwrap();
    assert_eq!(
        account.reserve(2_000, 1_000).unwrap_err().quantity,
        Quantity::Tokens
    );
    account.settle(first, said(100, 10), 0);
    account.reserve(2_000, 1_000).unwrap();
}

#[test]
fn each_limit_ends_it_and_says_its_figures() {
    let cases = [
        (limits(0, 9_999, None, 9_999), Quantity::Requests),
        (limits(9, 10, None, 9_999), Quantity::Tokens),
        (limits(9, 9_999, Some(0.000_001), 9_999), Quantity::NanoUsd),
        (limits(9, 9_999, None, 99), Quantity::Bytes),
    ];
    for (limits, quantity) in cases {
        let mut attempt = account(limits, wide(), Spent::default());
        let refused = attempt.reserve(100, 10).unwrap_err();
        assert_eq!(
            (refused.quantity, refused.scope),
            (quantity, Scope::Attempt)
        );
        let mut run = account(wide(), limits, Spent::default());
        assert_eq!(run.reserve(100, 10).unwrap_err().scope, Scope::Run);
    }
    let mut twin = account(limits(1, 60, Some(0.001), 100), wide(), Spent::default());
    twin.reserve(100, 10).unwrap();
}

#[test]
fn earlier_attempts_count_for_the_run_and_not_for_the_attempt() {
    let before = Spent {
        requests: 99,
        ..Spent::default()
    };
    let mut one = account(wide(), wide(), before);
    let room = one.reserve(100, 10).unwrap();
    one.settle(room, said(50, 5), 0);
    assert_eq!(one.spent().requests, 1);
    let refused = one.reserve(100, 10).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the run's budget of 100 requests for the model (`requests`) has no room: 100 are used up, the next request could need 1"
    );
}

#[test]
fn answers_have_no_more_bytes_together_than_there_is_room_for() {
    let mut account = account(limits(9, 99_999, None, 1_000), wide(), Spent::default());
    let mut one = account.reserve(200, 10).unwrap();
    let mut two = account.reserve(200, 10).unwrap();
    account.receive(&mut one, 300).unwrap();
    account.receive(&mut two, 300).unwrap();
    let refused = account.receive(&mut one, 1).unwrap_err();
    assert_eq!(refused.quantity, Quantity::Bytes);
    account.settle(one, said(50, 1), 300);
    account.settle(two, said(50, 1), 300);
    assert_eq!(account.spent().bytes, 1_000);
}

#[test]
fn a_price_is_an_amount_of_money() {
    let price = |input| Price {
        input,
        cached_input: None,
        cache_write: None,
        output: 1.0,
    };
    assert!(Prices::new(&price(0.05)).is_some());
    for wrong in [-1.0, f64::NAN, f64::INFINITY, 1e20] {
        assert!(Prices::new(&price(wrong)).is_none(), "{wrong}");
    }
    assert_eq!(usd(2_250_000), "$0.0023");
    assert_eq!(usd(12_000_000_000), "$12.0000");
}
