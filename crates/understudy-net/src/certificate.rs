//! The reason why a TLS handshake failed, and the suggested fix, in words.

use std::time::{Duration, SystemTime};
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// The certificate that a server showed, for [`refusal`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// The server's host and port.
    pub(crate) address: &'a str,
    /// True if the backend has a `ca`.
    pub(crate) has_ca: bool,
}

/// Returns the cause of a failed handshake, and the suggested fix.
pub(crate) fn refusal(error: &Error, shown: Shown<'_>) -> (String, String) {
    let address = shown.address;
    match error {
        Error::InvalidCertificate(why) => {
            let (what, cure) = not_accepted(why, shown);
            (format!("the certificate of {address} is not accepted: {what}"), cure)
        }
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => (
            format!("{address} does not speak TLS: it sent something else"),
            format!("if it speaks HTTP without TLS, write `url: http://{address}`"),
        ),
        Error::AlertReceived(AlertDescription::CertificateRequired) => (
            format!("{address} asks for a certificate of the client"),
            "Understudy has none to send: use an address of the backend that does not ask for one".to_owned(),
        ),
        Error::AlertReceived(AlertDescription::UnrecognisedName) => (
            format!("{address} does not know the name that it was asked by"),
            "write the name that the server has in the backend's `url`".to_owned(),
        ),
        Error::AlertReceived(AlertDescription::ProtocolVersion) | Error::PeerIncompatible(_) => (
            format!(
                "{address} has no version or cipher of TLS in common with Understudy: {}",
                in_words(&error.to_string())
            ),
            "Understudy speaks TLS 1.2 and 1.3: allow one of them at the server".to_owned(),
        ),
        other => (
            format!("no TLS with {address}: {}", in_words(&other.to_string())),
            format!("see what the server answers: openssl s_client -connect {address}"),
        ),
    }
}

fn not_accepted(why: &CertificateError, shown: Shown<'_>) -> (String, String) {
    let save = save(shown.address);
    match why {
        CertificateError::UnknownIssuer if shown.has_ca => (
            "it is signed by an authority that neither this machine nor the `ca` of the backend trusts".to_owned(),
            format!("add the certificate of the authority that signed it to the file of `ca:`, or {save}"),
        ),
        CertificateError::UnknownIssuer => (
            "it is signed by an authority that this machine does not trust".to_owned(),
            format!(
                "write `ca: authority.pem` at the backend in understudy.yaml, with the certificate of the authority, or {save}"
            ),
        ),
        CertificateError::BadSignature => (
            "the authority with that name has not signed it".to_owned(),
            format!("the `ca` of the backend may be an older one of the same name: replace it, or {save}"),
        ),
        CertificateError::ExpiredContext { time, not_after } => (
            format!("it expired on {} (this machine's clock shows {})", date(*not_after), date(*time)),
            format!("renew it, or {save}"),
        ),
        CertificateError::NotValidYetContext { time, not_before } => (
            format!("it is not valid before {} (this machine's clock shows {})", date(*not_before), date(*time)),
            format!("set the clock of this machine or of the one that made it, or {save}"),
        ),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<String> = presented.iter().map(|name| plain_name(name)).collect();
            let expected = expected.to_str();
            // A host that came from the environment is shown as it was written.
            let is_shown = shown.address.contains(&*expected);
            let expected = if is_shown { &expected } else { shown.address };
            let what = match names.as_slice() {
                [] => format!("it is not for `{expected}`: it has no subject alternative name"),
                names => format!("it is not for `{expected}`: it is for {}", names.join(", ")),
            };
            let cure = match names.iter().find(|name| !name.contains('*')) {
                Some(name) => format!("write `{name}` as the host in the backend's `url`, or {save}"),
                None => save,
            };
            (what, cure)
        }
        // `openssl req -x509` makes an authority's certificate, and servers show it as their own. The verifier has no
        // variant for this error.
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            ("it is self-signed".to_owned(), save)
        }
        other => (in_words(&other.to_string()), save),
    }
}

/// The command line that saves a server's certificate, and the line that accepts it.
fn save(address: &str) -> String {
    format!(
        "save the server's own certificate beside understudy.yaml and accept it:\n  \
         openssl s_client -connect {address} </dev/null | openssl x509 -out backend.pem\n  \
         backends: {{ local: {{ url: \"https://{address}\", ca: backend.pem }} }}"
    )
}

fn date(time: UnixTime) -> String {
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs()))
}

/// A name of a certificate without the type that the verifier writes around it: `DnsName("a.test")`.
fn plain_name(presented: &str) -> String {
    let inside = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(presented);
    inside.trim_matches('"').to_owned()
}

/// Takes names of types apart into words: `NoCipherSuitesInCommon` is `no cipher suites in common`.
fn in_words(text: &str) -> String {
    let is_type = |word: &str| {
        word.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
    };
    let apart = |word: &str| {
        let mut out = String::new();
        for c in word.chars() {
            if c.is_ascii_uppercase() && out.ends_with(|last: char| last.is_alphanumeric()) {
                out.push(' ');
            }
            out.push(c.to_ascii_lowercase());
        }
        out
    };
    let pieces = text.split_inclusive(|c: char| !c.is_alphanumeric());
    pieces.map(|word| if is_type(word) { apart(word) } else { word.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio_rustls::rustls::{OtherError, PeerIncompatible};

    fn told(error: &Error) -> String {
        let (what, cure) = refusal(error, Shown { address: "a.test:443", has_ca: false });
        format!("{what}\n{cure}")
    }

    #[test]
    fn no_message_has_the_name_of_a_type() {
        let certificate = Error::InvalidCertificate;
        let day = |days: u64| UnixTime::since_unix_epoch(Duration::from_secs(days * 86_400));
        for (error, words) in [
            (certificate(CertificateError::UnknownIssuer), &["ca: ", "openssl s_client -connect a.test:443"][..]),
            (certificate(CertificateError::BadEncoding), &["bad encoding", "ca: "]),
            (certificate(CertificateError::InvalidPurpose), &["invalid purpose"]),
            (
                certificate(CertificateError::ExpiredContext { time: day(2), not_after: day(1) }),
                &["Fri, 02 Jan 1970", "Sat, 03 Jan 1970"],
            ),
            (
                certificate(CertificateError::NotValidYetContext { time: day(1), not_before: day(2) }),
                &["Sat, 03 Jan 1970"],
            ),
            (
                certificate(CertificateError::NotValidForNameContext {
                    expected: "a.test".try_into().unwrap(),
                    presented: vec!["DnsName(\"b.test\")".to_owned(), "IpAddress(127.0.0.1)".to_owned()],
                }),
                &["`a.test`", "b.test, 127.0.0.1", "write `b.test` as the host"],
            ),
            (
                certificate(CertificateError::Other(OtherError(Arc::new(std::io::Error::other("CaUsedAsEndEntity"))))),
                &["self-signed", "ca: backend.pem"],
            ),
            (Error::InvalidMessage(InvalidMessage::InvalidContentType), &["does not speak TLS", "http://a.test:443"]),
            (Error::AlertReceived(AlertDescription::CertificateRequired), &["certificate of the client"]),
            (Error::AlertReceived(AlertDescription::HandshakeFailure), &["handshake failure"]),
            (
                Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
                &["no cipher suites in common", "TLS 1.2"],
            ),
        ] {
            let text = told(&error);
            for word in words {
                assert!(text.contains(word), "{word}: {text}");
            }
            let is_type =
                |word: &str| word.as_bytes().windows(2).any(|p| p[0].is_ascii_lowercase() && p[1].is_ascii_uppercase());
            assert!(!text.split(|c: char| !c.is_alphanumeric()).any(is_type), "{text}");
        }
    }
}
