//! Copies of what a description names on other machines: made when somebody asks for them, kept beside the description, and read
//! from there ever after.

use crate::described::Described;
use crate::error::{ApiError, Code};
use crate::root::Root;
use http::header::{ACCEPT, LOCATION};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::Serialize;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use understudy_net::{Address, Call, Client};

/// How long one file may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a server may say that a file is elsewhere.
const REDIRECTIONS_MAX: usize = 5;
/// How many files are fetched at the most: as many as a description may have.
const FILES_MAX: usize = 1_000;

/// What came of fetching.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Fetched {
    /// The addresses of the files, and where their copies are, relative to the description's folder.
    pub saved: Vec<(String, String)>,
    /// The addresses of those that could not be fetched, and why.
    pub left: Vec<(String, String)>,
}

/// Fetches all that a description's `$ref`s name on other machines and that is not there yet, and what that names, and so on.
/// The description may refer to files in its own folder, and in the `allowed` places.
///
/// # Errors
/// The description cannot be read; a copy cannot be written.
pub async fn fetch(file: &Path, allowed: &[PathBuf]) -> Result<Fetched, ApiError> {
    let root = Root::of_named(file, allowed);
    let client = Client::new();
    let mut fetched = Fetched::default();
    let mut tried = HashSet::new();
    loop {
        let described = Described::at(&root, file);
        if let Some(problem) = described.unreadable() {
            let mut error = ApiError::new(Code::BadProject, "the description cannot be used");
            error.details = vec![problem.to_string()];
            return Err(error);
        }
        let missing = described.description.iter().flat_map(|description| description.missing_copies());
        let missing: Vec<(String, String)> = missing.filter(|(url, _)| tried.insert(url.clone())).collect();
        if missing.is_empty() || tried.len() > FILES_MAX {
            return Ok(fetched);
        }
        for (url, copy) in missing {
            match get(&client, &url).await {
                Ok(bytes) => {
                    root.write(&root.join(&copy), &bytes)?;
                    fetched.saved.push((url, copy));
                }
                Err(why) => fetched.left.push((url, why)),
            }
        }
    }
}

/// What is at an address, or why it cannot be had.
async fn get(client: &Client, url: &str) -> Result<Vec<u8>, String> {
    let mut uri: Uri = url.parse().map_err(|_| "it is no address".to_owned())?;
    for _ in 0..=REDIRECTIONS_MAX {
        let (scheme, authority) = (uri.scheme_str().unwrap_or("https"), uri.authority().map_or("", Authority::as_str));
        let address = Address::parse(&format!("{scheme}://{authority}")).map_err(|error| error.to_string())?;
        let target = uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("*/*"))]);
        let body = bytes::Bytes::new();
        let call = Call { method: &Method::GET, target: &target, headers: &headers, body: &body };
        let (status, headers, body) =
            client.to(&address).send(call, FETCH_TIMEOUT).await.map_err(|error| error.to_string())?;
        if status.is_success() {
            return Ok(body.to_vec());
        }
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).filter(|_| status.is_redirection());
        let Some(location) = location else { return Err(format!("it was answered with {status}")) };
        uri = next(&uri, location).ok_or_else(|| format!("it leads to `{location}`, where nothing is asked for"))?;
    }
    Err(format!("it leads to another place more than {REDIRECTIONS_MAX} times"))
}

/// Where a redirection leads: never from TLS to no TLS.
fn next(from: &Uri, location: &str) -> Option<Uri> {
    let to: Uri = location.parse().ok()?;
    let mut parts = to.into_parts();
    if parts.authority.is_none() {
        // A path below this one would have to be put together; servers send whole ones.
        parts.path_and_query.as_ref().filter(|path| path.path().starts_with('/'))?;
        parts.authority = from.authority().cloned();
    }
    parts.scheme = parts.scheme.or_else(|| from.scheme().cloned());
    let is_less_safe = from.scheme() == Some(&Scheme::HTTPS) && parts.scheme != Some(Scheme::HTTPS);
    if is_less_safe { None } else { Uri::from_parts(parts).ok() }
}
