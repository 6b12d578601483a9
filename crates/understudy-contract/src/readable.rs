//! The bodies of expected responses in the form in which they are compared. Large files are read,
//! and bytes in a content coding are decoded, as for received bodies.

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use std::borrow::Cow;
use understudy_fixture::model::{BodyFile, HeaderPromise, ResponseBody, ResponsePromise};
use understudy_net::OpenFile;
use understudy_net::coding::decode;

/// Returns the expected response with the body that a received one of at most `body_max` bytes is
/// compared with. A file that cannot be read, or that is larger than any received body, stays a
/// file: only its size is compared.
pub(crate) async fn with_readable_body(promise: &ResponsePromise, body_max: usize) -> Cow<'_, ResponsePromise> {
    let promise = read(promise, body_max).await;
    match decoded(&promise, body_max) {
        Some(body) => Cow::Owned(ResponsePromise { body: Some(body), ..promise.into_owned() }),
        None => promise,
    }
}

/// Reads a large file into memory.
async fn read(promise: &ResponsePromise, body_max: usize) -> Cow<'_, ResponsePromise> {
    let Some(ResponseBody::LargeFile(file)) = &promise.body else { return Cow::Borrowed(promise) };
    if file.bytes > body_max as u64 {
        return Cow::Borrowed(promise);
    }
    let Ok(open) = OpenFile::open(file.place.to_path_buf()).await else { return Cow::Borrowed(promise) };
    let Ok(content) = open.read(body_max as u64).await else { return Cow::Borrowed(promise) };
    let body = Some(ResponseBody::File(BodyFile { path: file.path.clone(), content }));
    Cow::Owned(ResponsePromise { body, ..promise.clone() })
}

/// Decodes bytes that are in the content coding that the expected response lists.
fn decoded(promise: &ResponsePromise, body_max: usize) -> Option<ResponseBody> {
    let coding = promise.headers.iter().find_map(|(name, value)| match value {
        HeaderPromise::Value(value) if *name == CONTENT_ENCODING.as_str() => Some(value),
        _ => None,
    })?;
    let decode = |bytes: &Bytes| decode(coding, bytes.clone(), body_max).ok();
    match promise.body.as_ref()? {
        ResponseBody::Base64(bytes) => decode(bytes).map(ResponseBody::Base64),
        ResponseBody::File(file) => {
            let content = decode(&file.content)?;
            Some(ResponseBody::File(BodyFile { path: file.path.clone(), content }))
        }
        ResponseBody::Json(_) | ResponseBody::Text(_) | ResponseBody::Xml(_) | ResponseBody::LargeFile(_) => None,
    }
}
