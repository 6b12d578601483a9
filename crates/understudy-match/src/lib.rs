//! Which fixture a request means, and whether an exchange keeps its promise.
//!
//! Both directions of a fixture come through here, so that the stub and the contract test cannot disagree:
//! `understudy-serve` asks [`Index::choose`] and sends what [`Rendering`] makes, `understudy-contract` sends
//! what [`example_request`] makes and asks [`judge`]. Rules and shapes are held by one walk over a body
//! (`hold`), whether the body is a request's or a response's.
//!
//! What this crate does not know: sockets, files, clocks and randomness; the last two come as parameters.

mod address;
mod answer;
mod body;
mod bytes;
mod conditions;
mod contrast;
mod derived;
mod difference;
mod example;
mod explain;
mod field;
mod format;
mod fresh;
mod graphql;
mod headers;
mod hint;
mod hold;
mod incoming;
mod index;
mod loosen;
mod malformed;
mod markup;
mod mismatch;
mod multipart;
mod near_path;
mod nearest;
mod pairs;
mod path_tree;
mod render;
mod reported;
mod request;
mod rule;
mod state;
mod text;
mod ties;
mod tightness;
mod xml;

pub use address::{fixture_at, promise_at, request_at, response_at};
pub use answer::{Verdict, judge};
pub use conditions::{Condition, conditions};
pub use difference::Difference;
pub use example::{NoExample, example_request, stub_request};
pub use explain::{Explanation, NEAR_MAX, Near, explain};
pub use format::is_in_format;
pub use fresh::{Chance, Moment};
pub use headers::{NOT_HELD_HEADERS, PRESENT_ONLY_HEADERS};
pub use hint::hint;
pub use incoming::Incoming;
pub use index::{ByName, Choice, Index, Promise, asks_for_more};
pub use loosen::loosened;
pub use mismatch::{Kind, Mismatch};
pub use nearest::{is_near, nearest};
pub use path_tree::PathTree;
pub use render::{Rendered, Rendering};
pub use reported::error_report;
pub use rule::obeys;
pub use state::{State, Turns};
pub use text::text_distance;
pub use ties::Tie;
pub use tightness::Weight;
