//! A request and a response as plain data.
//!
//! Everything here is a value: no sockets, no files, no clock. Two decisions shaped it. JSON is an own
//! type ([`Json`]), because a mock must send `0.00` as `0.00` and a contract test must not call `1.10`
//! and `1.1` different; the usual value types round, reorder or drop. And the vocabulary of the
//! [`http`] crate (methods, statuses, header maps) is used as it is: it is types only, and the socket
//! layer speaks it too, so nothing is copied on the way in.
//!
//! What this crate does not know: fixtures, rules, sockets, files.

mod charset;
pub mod field_value;
mod file_type;
pub mod form;
pub mod graphql;
pub mod json;
pub mod jsonpath;
pub mod link;
pub mod media_type;
mod message;
pub mod multipart;
pub mod origin;
pub mod page;
pub mod printable;
pub mod redact;
mod regexp;
pub mod target;
pub mod xml;

pub use charset::{decode_text, encode_text, is_known_charset, is_same_charset};
pub use file_type::{content_type_of_file, media_type_of_file};
pub use json::{Json, JsonString, JsonText, Number};
pub use jsonpath::JsonPath;
pub use media_type::MediaType;
pub use message::{Request, Response, cookie_pairs, set_cookie_pairs};
pub use origin::{Here, Origin, Origins};
pub use page::{HostName, PageOrigin};
pub use regexp::{REGEXP_BYTES_MAX, Regexp, RegexpError, TOGETHER_BYTES_MAX};
