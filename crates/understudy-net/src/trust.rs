//! Whose certificates are accepted: the system's authorities, and those that a backend brings along.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::io;
use std::sync::Arc;
use tokio_rustls::{TlsConnector, rustls};

/// Certificates that are accepted beside those that the system's authorities have signed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Authorities(Arc<[Vec<u8>]>);

impl std::fmt::Debug for Authorities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authorities({})", self.0.len())
    }
}

impl Authorities {
    /// The certificates of a PEM file (RFC 7468).
    ///
    /// # Errors
    /// It has none, or one that cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, String> {
        let certificates: Result<Vec<Vec<u8>>, _> =
            CertificateDer::pem_slice_iter(pem).map(|found| found.map(|found| found.to_vec())).collect();
        let certificates = certificates.map_err(|error| format!("it is no PEM file: {error}"))?;
        if certificates.is_empty() {
            return Err("it has no certificate: a block that begins with -----BEGIN CERTIFICATE-----".to_owned());
        }
        Ok(Self(certificates.into()))
    }
}

/// What is offered to a server over TLS (RFC 7301), the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Offer {
    /// HTTP/2 or HTTP/1.1.
    Any,
    /// HTTP/1.1, on which one can go over to another protocol.
    Http1,
}

/// What a server that speaks HTTP/2 agrees on.
pub(crate) const HTTP_2: &[u8] = b"h2";

/// What connects over TLS, and trusts these beside the system's.
pub(crate) fn connector(more: Option<&Authorities>, offer: Offer) -> io::Result<TlsConnector> {
    let mut config = trusting(more)?;
    config.alpn_protocols = match offer {
        Offer::Any => vec![HTTP_2.to_vec(), b"http/1.1".to_vec()],
        Offer::Http1 => vec![b"http/1.1".to_vec()],
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

fn trusting(more: Option<&Authorities>) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    // Certificates that cannot be read cannot be trusted; the handshake then says which is missing.
    for certificate in rustls_native_certs::load_native_certs().certs {
        let _ = roots.add(certificate);
    }
    let Some(Authorities(more)) = more else {
        return Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    };
    for certificate in more.iter() {
        // One that can be no authority is accepted as itself.
        let _ = roots.add(CertificateDer::from(certificate.as_slice()));
    }
    let inner = WebPkiServerVerifier::builder(Arc::new(roots)).build().map_err(io::Error::other)?;
    let verifier = Arc::new(OrThese { inner, these: Arc::clone(more) });
    Ok(ClientConfig::builder().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Accepts what the authorities have signed, and a server that shows one of these very certificates: what
/// `openssl req -x509` makes calls itself an authority, and no authority may be a server (RFC 5280, section 4.2.1.9, as webpki
/// reads it).
#[derive(Debug)]
struct OrThese {
    inner: Arc<WebPkiServerVerifier>,
    these: Arc<[Vec<u8>]>,
}

impl ServerCertVerifier for OrThese {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // Whoever has its key is the one who is meant, whatever names it has.
        if self.these.iter().any(|own| own.as_slice() == end_entity.as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        self.inner.verify_server_cert(end_entity, intermediates, name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
