//! Where a `$ref` leads. Files of other machines are never fetched when a description is read: there may be copies of them beside
//! it, in a folder that says where each is from.

use http::Uri;
use understudy_exchange::target::percent_decode;

/// The folder of copies, beside the description: `.refs/https/example.com/api/common.yaml`.
const COPIES: &str = ".refs";

/// Where a `$ref` leads.
pub(super) enum Target {
    /// A pointer in the same file.
    Here(String),
    /// A pointer in another file.
    InFile(String, String),
    /// A file somewhere on a network, of which there can be no copy.
    Remote,
}

/// Where a `$ref` leads that stands in the file `from`; `home` is the folder of the description.
pub(super) fn target(home: &str, from: &str, reference: &str) -> Target {
    let (path, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let pointer = percent_decode(fragment).into_owned();
    if path.is_empty() {
        return Target::Here(pointer);
    }
    // What a copy names is named as its original would name it.
    let origin = below(home, from).and_then(|copy| copy.match_indices('/').nth(1).map(|(at, _)| copy.split_at(at)));
    if path.contains("://") || path.starts_with("//") {
        let scheme = origin.map_or("https", |(origin, _)| origin.split('/').next().unwrap_or("https"));
        return match copy(home, scheme, path) {
            Some(copy) => same_or_other(from, copy, pointer),
            None => Target::Remote,
        };
    }
    let decoded = percent_decode(path);
    let path = match origin {
        Some((origin, own)) => format!("{}/{origin}/{}", copies(home), joined(own, &decoded, true)),
        None => joined(from, &decoded, false),
    };
    same_or_other(from, path, pointer)
}

fn same_or_other(from: &str, path: String, pointer: String) -> Target {
    if path == from { Target::Here(pointer) } else { Target::InFile(path, pointer) }
}

/// A path from a file to another one. Addresses do not lead above their host (RFC 3986, section 5.2.4); files may lead out of
/// the description's folder.
pub(super) fn joined(from: &str, path: &str, is_address: bool) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut steps: Vec<&str> = if path.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    steps.retain(|step| !step.is_empty());
    for step in path.split('/') {
        match step {
            "." | "" => {}
            ".." if is_address || steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

fn copies(home: &str) -> String {
    if home.is_empty() { COPIES.to_owned() } else { format!("{home}/{COPIES}") }
}

/// A file's path below the folder of copies.
fn below<'f>(home: &str, file: &'f str) -> Option<&'f str> {
    file.strip_prefix(&copies(home))?.strip_prefix('/')
}

/// Where the copy of a file on another machine is. `None` where its address is more than a path, or none that can be a file's.
fn copy(home: &str, scheme: &str, address: &str) -> Option<String> {
    let whole = if address.starts_with("//") { format!("{scheme}:{address}") } else { address.to_owned() };
    let uri: Uri = whole.parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let authority = uri.authority()?.as_str();
    if uri.query().is_some() || authority.contains('@') {
        return None;
    }
    let decoded = percent_decode(uri.path());
    let path = joined("", &decoded, true);
    // No system has these in the names of files, or all of them mean something else by them.
    let is_name = |text: &str| !text.is_empty() && !text.contains(['\\', '\0', ':']);
    let host = authority.replace(':', "+");
    (is_name(&path) && is_name(&host)).then(|| format!("{}/{scheme}/{host}/{path}", copies(home)))
}

/// The address of the file that a path is a copy of.
pub(super) fn original(home: &str, file: &str) -> Option<String> {
    let mut parts = below(home, file)?.splitn(3, '/');
    let (scheme, host, path) = (parts.next()?, parts.next()?, parts.next()?);
    let path: Vec<String> = path.split('/').map(understudy_exchange::target::encode_segment).collect();
    Some(format!("{scheme}://{}/{}", host.replace('+', ":"), path.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(from: &str, reference: &str) -> String {
        match target("api", from, reference) {
            Target::Here(pointer) => format!("here {pointer}"),
            Target::InFile(path, pointer) => format!("{path} {pointer}"),
            Target::Remote => "remote".to_owned(),
        }
    }

    #[test]
    fn what_is_on_other_machines_has_its_copies_in_one_folder() {
        let copy = "api/.refs/https/x.test+8443/a/b.yaml";
        for (from, reference, wanted) in [
            ("api/main.yaml", "#/a", "here /a"),
            ("api/main.yaml", "../other/x.yaml#/a", "other/x.yaml /a"),
            ("api/main.yaml", "https://x.test:8443/a/b%20c.yaml#/A", "api/.refs/https/x.test+8443/a/b c.yaml /A"),
            ("api/main.yaml", "//x.test/a.yaml", "api/.refs/https/x.test/a.yaml "),
            ("api/main.yaml", "https://x.test/../../a/./b.yaml", "api/.refs/https/x.test/a/b.yaml "),
            ("api/main.yaml", "https://x.test/a?b#/c", "remote"),
            ("api/main.yaml", "https://u:p@x.test/a", "remote"),
            ("api/main.yaml", "https://x.test", "remote"),
            ("api/main.yaml", "ftp://x.test/a", "remote"),
            ("api/main.yaml", "https://x.test/a%5Cb", "remote"),
            (copy, "c.yaml", "api/.refs/https/x.test+8443/a/c.yaml "),
            (copy, "/c.yaml#/d", "api/.refs/https/x.test+8443/c.yaml /d"),
            (copy, "../../../../main.yaml", "api/.refs/https/x.test+8443/main.yaml "),
            (copy, "%2e%2e/%2e%2e/%2e%2e/main.yaml", "api/.refs/https/x.test+8443/main.yaml "),
            (copy, "b.yaml#/e", "here /e"),
            (copy, "http://y.test/f", "api/.refs/http/y.test/f "),
            ("api/.refs/http/y.test/f", "//z.test/g", "api/.refs/http/z.test/g "),
        ] {
            assert_eq!(leads(from, reference), wanted, "{reference} in {from}");
        }
        assert_eq!(original("api", copy).as_deref(), Some("https://x.test:8443/a/b.yaml"));
        assert_eq!(original("", ".refs/http/[::1]+80/a b/c").as_deref(), Some("http://[::1]:80/a%20b/c"));
        assert_eq!(original("api", "api/parts/x.yaml"), None);
    }
}
