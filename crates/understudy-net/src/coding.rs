//! Content codings (RFC 9110, section 8.4): gzip, brotli, zstd and deflate.

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{DeflateDecoder, GzEncoder, MultiGzDecoder, ZlibDecoder, ZlibEncoder};
use std::io::{self, Read};

/// A coding that answers are sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// RFC 1952
    Gzip,
    /// RFC 7932
    Brotli,
    /// RFC 8878
    Zstd,
    /// RFC 1950, which nothing prefers
    Deflate,
}

/// Why a body could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodingError {
    /// No such coding is known.
    Unknown(String),
    /// The bytes are not in the coding that they are said to be in.
    Malformed(String),
    /// Decoded, it has more bytes than this.
    TooLarge(usize),
}

impl std::fmt::Display for CodingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "the content coding `{name}` is not known"),
            Self::Malformed(name) => write!(f, "the body is not the {name} that it is said to be"),
            Self::TooLarge(most) => {
                write!(
                    f,
                    "the body has more than {most} bytes when it is decoded; `body_max` at the service raises that bound"
                )
            }
        }
    }
}

impl std::error::Error for CodingError {}

impl Coding {
    /// Every coding, the preferred first: where a client takes several equally, brotli makes the smallest text.
    pub const ALL: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// As it stands in a `Content-Encoding` field.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }

    /// The coding that a `Content-Encoding` value names, if it is one alone.
    #[must_use]
    pub fn named(value: &str) -> Option<Self> {
        let name = value.trim().to_ascii_lowercase();
        let all = Self::ALL.into_iter().chain([Self::Deflate]);
        if name == "x-gzip" { Some(Self::Gzip) } else { all.into_iter().find(|coding| coding.as_str() == name) }
    }

    /// Returns true if a client takes this coding by its `Accept-Encoding`.
    #[must_use]
    pub fn is_accepted(self, accept: &str) -> bool {
        weight(&weights(accept), self.as_str()).is_some_and(|weight| weight > 0.0)
    }

    /// The coding that a client prefers by its `Accept-Encoding`; `None` where it wants none.
    #[must_use]
    pub fn negotiate(accept: &str) -> Option<Self> {
        let weights = weights(accept);
        let identity = weights.iter().find(|(name, _)| name == "identity").map_or(0.001, |(_, q)| *q);
        let mut best: Option<(Self, f32)> = None;
        for coding in Self::ALL {
            let weight = weight(&weights, coding.as_str()).unwrap_or(0.0);
            if weight > 0.0 && weight >= identity && best.is_none_or(|(_, most)| weight > most) {
                best = Some((coding, weight));
            }
        }
        best.map(|(coding, _)| coding)
    }

    /// The bytes in this coding.
    #[must_use]
    pub fn encode(self, bytes: &[u8]) -> Bytes {
        let mut out = Vec::new();
        let result = match self {
            Self::Gzip => GzEncoder::new(bytes, Compression::default()).read_to_end(&mut out).map(drop),
            Self::Deflate => ZlibEncoder::new(bytes, Compression::default()).read_to_end(&mut out).map(drop),
            Self::Zstd => zstd::stream::copy_encode(bytes, &mut out, 3),
            Self::Brotli => {
                // Level 5 of 11: the last levels cost a hundred times as much for a few per cent.
                let params = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
                brotli::BrotliCompress(&mut &bytes[..], &mut out, &params).map(drop)
            }
        };
        result.expect("reading from and writing to memory does not fail");
        out.into()
    }
}

/// The codings of an `Accept-Encoding` value with their weights.
fn weights(accept: &str) -> Vec<(String, f32)> {
    let weighted = accept.split(',').map(|item| {
        let (name, parameter) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameter.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse().ok());
        (name.trim().to_ascii_lowercase(), weight.unwrap_or(0.0))
    });
    weighted.collect()
}

fn weight(weights: &[(String, f32)], name: &str) -> Option<f32> {
    let of = |name: &str| weights.iter().find(|(known, _)| known == name).map(|(_, weight)| *weight);
    of(name).or_else(|| of("*"))
}

/// Names that servers send in `Content-Encoding` and that change nothing. A charset is no coding, and `aws-chunked` is
/// already off when a response arrives.
const NO_CODINGS: &[&str] =
    &["", "identity", "none", "binary", "utf-8", "utf8", "iso-8859-1", "us-ascii", "aws-chunked"];

/// Takes off the codings that a `Content-Encoding` value names, the last one first.
///
/// # Errors
/// [`CodingError`]; a body that grows beyond `bytes_max` is given up on, not held in memory.
pub fn decode(content_encoding: &str, body: Bytes, bytes_max: usize) -> Result<Bytes, CodingError> {
    let mut body = body;
    for name in content_encoding.split(',').rev().map(str::trim) {
        body = match name.to_ascii_lowercase().as_str() {
            name if NO_CODINGS.contains(&name) => continue,
            "gzip" | "x-gzip" => read(MultiGzDecoder::new(&*body), name, bytes_max)?,
            // Some servers leave the frame of zlib away, and browsers read both (RFC 9110, section 8.4.1.2).
            "deflate" => match read(ZlibDecoder::new(&*body), name, bytes_max) {
                Err(CodingError::Malformed(_)) => read_bare_deflate(&body, name, bytes_max)?,
                decoded => decoded?,
            },
            "br" => read(brotli::Decompressor::new(&*body, 4096), name, bytes_max)?,
            "zstd" => match zstd::stream::read::Decoder::new(&*body) {
                Ok(decoder) => read(decoder, name, bytes_max)?,
                Err(_) => return Err(CodingError::Malformed(name.to_owned())),
            },
            _ => return Err(CodingError::Unknown(name.to_owned())),
        };
    }
    Ok(body)
}

/// Takes off deflate without the frame of zlib. It has no checksum, so all bytes have to belong to it.
fn read_bare_deflate(body: &[u8], name: &str, bytes_max: usize) -> Result<Bytes, CodingError> {
    let mut decoder = DeflateDecoder::new(body);
    let decoded = read(decoder.by_ref(), name, bytes_max)?;
    let is_whole = usize::try_from(decoder.total_in()).is_ok_and(|taken| taken == body.len());
    if is_whole { Ok(decoded) } else { Err(CodingError::Malformed(name.to_owned())) }
}

fn read(decoder: impl Read, name: &str, bytes_max: usize) -> Result<Bytes, CodingError> {
    let mut out = Vec::new();
    let result: io::Result<usize> = decoder.take(bytes_max as u64 + 1).read_to_end(&mut out);
    match result {
        Ok(_) if out.len() > bytes_max => Err(CodingError::TooLarge(bytes_max)),
        Ok(_) => Ok(out.into()),
        Err(_) => Err(CodingError::Malformed(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let text = Bytes::from("understudy ".repeat(1_000));
        for coding in Coding::ALL.into_iter().chain([Coding::Deflate]) {
            assert_eq!(Coding::named(coding.as_str()), Some(coding));
            let encoded = coding.encode(&text);
            assert!(encoded.len() < text.len() / 10);
            assert_eq!(decode(coding.as_str(), encoded.clone(), text.len()), Ok(text.clone()));
            assert_eq!(decode(coding.as_str(), encoded, text.len() - 1), Err(CodingError::TooLarge(text.len() - 1)));
            assert!(matches!(
                decode(coding.as_str(), Bytes::from_static(b"no such thing"), 99),
                Err(CodingError::Malformed(_))
            ));
        }
        // rest-client #49, axios pull request 5497: IIS sends deflate without the frame of zlib.
        let framed = Coding::Deflate.encode(&text);
        let bare = framed.slice(2..framed.len() - 4);
        assert_eq!(decode("deflate", bare.clone(), text.len()), Ok(text.clone()));
        assert_eq!(decode("deflate", bare, text.len() - 1), Err(CodingError::TooLarge(text.len() - 1)));
        let twice = Coding::Brotli.encode(&Coding::Gzip.encode(&text));
        assert_eq!(decode("gzip, br", twice, text.len()), Ok(text));
        assert!(matches!(decode("pack200", Bytes::new(), 1), Err(CodingError::Unknown(_))));
        // httpx #195, locust #1233, cpp-httplib #2518: a charset in the wrong field.
        assert_eq!(decode("UTF-8", Bytes::from_static(b"\xFF{}"), 3), Ok(Bytes::from_static(b"\xFF{}")));
    }

    #[test]
    fn the_client_chooses_the_coding() {
        for (accept, coding) in [
            ("gzip, deflate, br, zstd", Some(Coding::Brotli)),
            ("gzip", Some(Coding::Gzip)),
            ("gzip;q=0.5, zstd", Some(Coding::Zstd)),
            ("br;q=0, *", Some(Coding::Zstd)),
            ("gzip;q=0", None),
            ("identity", None),
            ("identity;q=1, gzip;q=0.5", None),
            ("", None),
            ("deflate", None),
        ] {
            assert_eq!(Coding::negotiate(accept), coding, "{accept}");
        }
    }
}
