//! The cookies of a flow (RFC 6265), as far as one backend needs them.

use http::HeaderMap;
use http::header::SET_COOKIE;
use understudy_exchange::set_cookie_pairs;

/// Cookies by name, in the order in which they were set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Jar {
    cookies: Vec<Cookie>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: String,
    /// Where it is sent: section 5.1.4.
    path: String,
}

impl Jar {
    /// Takes the cookies that an answer sets, and drops those that it ends.
    pub(crate) fn take(&mut self, headers: &HeaderMap) {
        for value in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let mut parts = value.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let (mut path, mut ended) = ("/".to_owned(), value.is_empty());
            for (attribute, setting) in parts.filter_map(|part| part.split_once('=')) {
                match attribute.trim().to_ascii_lowercase().as_str() {
                    "path" if setting.starts_with('/') => setting.clone_into(&mut path),
                    "max-age" => ended |= setting.trim().parse::<i64>().is_ok_and(|seconds| seconds <= 0),
                    "expires" => ended |= is_long_past(setting),
                    _ => {}
                }
            }
            self.cookies.retain(|cookie| cookie.name != name.trim());
            if !ended {
                self.cookies.push(Cookie { name: name.trim().to_owned(), value: value.to_owned(), path });
            }
        }
    }

    /// Adds the cookies of another branch of the flow; of two with one name, the later.
    pub(crate) fn merge(&mut self, other: &Self) {
        for cookie in &other.cookies {
            self.cookies.retain(|known| known.name != cookie.name);
            self.cookies.push(cookie.clone());
        }
    }

    /// The pairs that are sent with a request to this path.
    pub(crate) fn pairs(&self, path: &str) -> impl Iterator<Item = (&str, &str)> {
        let applies = move |cookie: &&Cookie| {
            let below = path.strip_prefix(cookie.path.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.path.ends_with('/'))
        };
        self.cookies.iter().filter(applies).map(|cookie| (cookie.name.as_str(), cookie.value.as_str()))
    }
}

/// What ends a cookie at once is a date in the distant past: one before this century.
fn is_long_past(date: &str) -> bool {
    let mut numbers = date.split(|c: char| !c.is_ascii_digit());
    numbers.find(|number| number.len() == 4).is_some_and(|year| year < "2000")
}

/// The value of a cookie that an answer sets.
pub(crate) fn cookie_set(headers: &HeaderMap, name: &str) -> Option<String> {
    set_cookie_pairs(headers).find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn cookies_are_kept_until_they_end_and_sent_below_their_path() {
        let set = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            values.iter().for_each(|value| {
                headers.append(SET_COOKIE, HeaderValue::from_static(value));
            });
            headers
        };
        let mut jar = Jar::default();
        jar.take(&set(&["sid=1; HttpOnly", "area=x; Path=/admin", "old=1"]));
        jar.take(&set(&[
            "sid=2; Path=/",
            "old=; Max-Age=0",
            "gone=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "area=x; Path=/admin; Expires=Thu, 19 Nov 2099 00:00:00 GMT",
        ]));
        let pairs = |path: &str| jar.pairs(path).map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>();
        assert_eq!(pairs("/admin/users"), ["sid=2", "area=x"]);
        assert_eq!(pairs("/administrator"), ["sid=2"]);
        assert_eq!(cookie_set(&set(&["a=1", "sid=x=y; Path=/"]), "sid").as_deref(), Some("x=y"));
    }
}
