//! Finds the exchange that ends the session of another exchange.

use super::call::Call;
use super::exchange::Exchange;
use http::Method;
use understudy_exchange::set_cookie_pairs;
use understudy_fixture::model::Pattern;

/// Words at the end of a path that end a session.
const ENDINGS: &[&str] = &["logout", "log-out", "log_out", "revoke", "signoff", "signout", "sign-out", "sign_out"];

/// Returns true if an exchange ends the session that another exchange began. Its path says so, it deletes the resource
/// at that path, or it clears the cookie.
pub(super) fn ends(began: &Exchange<'_>, exchange: &Exchange<'_>) -> bool {
    let is_deleted = exchange.call.method == Method::DELETE && exchange.call.path == began.call.path;
    let gives = |name: &str| set_cookie_pairs(&began.recorded.response.headers).any(|(given, _)| given == name);
    let takes_back =
        set_cookie_pairs(&exchange.recorded.response.headers).any(|(name, value)| value.is_empty() && gives(name));
    is_ending(&exchange.call) || is_deleted || takes_back
}

/// Returns true if the last word of a path ends a session.
fn is_ending(call: &Call) -> bool {
    let mut words = call.path.iter().rev().filter_map(Pattern::as_literal).filter(|word| !word.is_empty());
    words.next().is_some_and(|last| ENDINGS.contains(&last.to_ascii_lowercase().as_str()))
}
