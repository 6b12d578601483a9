//! Responses of a fixture that no backend is compared with. Accepting leaves them as they are, so they may keep a shape that
//! the backend does not have any more.

use std::mem::discriminant;
use understudy_exchange::{Json, JsonPath, Response};
use understudy_fixture::model::{Fixture, ResponseBody};

/// Returns the number of the fixture's other responses that have something at one of the accepted places which the received
/// response has in another type, or not at all.
pub(super) fn count_stale(fixture: &Fixture, places: &[String], received: &Response) -> usize {
    let Ok(received) = Json::parse(&received.body) else { return 0 };
    let paths: Vec<JsonPath> = places.iter().filter_map(|place| JsonPath::parse(place).ok()).collect();
    let verified = fixture.verified_response();
    let others = fixture.responses.iter().enumerate().filter(|(at, _)| Some(*at) != verified);
    let bodies = others.filter_map(|(_, response)| match &response.body {
        Some(ResponseBody::Json(body)) => Some(body.value()),
        _ => None,
    });
    bodies.filter(|body| paths.iter().any(|path| has_old_shape(path, body, &received))).count()
}

fn has_old_shape(path: &JsonPath, old: &Json, received: &Json) -> bool {
    let received = path.select(received);
    let is_received = |value: &Json| received.iter().any(|node| discriminant(node.value) == discriminant(value));
    path.select(old).iter().any(|node| !is_received(node.value))
}
