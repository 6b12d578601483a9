//! Sockets that wait for connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::TcpListener;

/// Where a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// 127.0.0.1 and ::1: what `localhost` resolves to differs between clients.
    Loopbacks,
    /// Exactly this address.
    Only(IpAddr),
}

/// Sockets on one port.
#[derive(Debug)]
pub struct Listener {
    pub(crate) sockets: Vec<TcpListener>,
    port: u16,
}

/// Why a port could not be had.
#[derive(Debug)]
pub struct BindError {
    /// The address that was tried.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

impl BindError {
    /// Whether another program has the port.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.source.kind() == io::ErrorKind::AddrInUse
    }
}

impl std::fmt::Display for BindError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_taken() {
            write!(f, "port {} is in use by another program", self.address.port())
        } else {
            write!(f, "failed to listen on {}: {}", self.address, self.source)
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// How often a free port is tried that is then taken on the other loopback.
const FREE_PORT_TRIES: usize = 16;

impl Listener {
    /// Opens a port; 0 is any free one, the same on every address.
    ///
    /// # Errors
    /// [`BindError`] where an address cannot be had. A machine without IPv6 is served on IPv4 alone.
    pub async fn bind(host: Host, port: u16) -> Result<Self, BindError> {
        match host {
            Host::Only(address) => {
                let socket = open(address, port).await?;
                let port = local_port(&socket, port);
                Ok(Self { sockets: vec![socket], port })
            }
            Host::Loopbacks => {
                let mut result = both_loopbacks(port).await;
                for _ in 1..FREE_PORT_TRIES {
                    if port != 0 || result.is_ok() {
                        break;
                    }
                    result = both_loopbacks(port).await;
                }
                result
            }
        }
    }

    /// The port that it is.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

async fn both_loopbacks(port: u16) -> Result<Listener, BindError> {
    let first = open(Ipv4Addr::LOCALHOST.into(), port).await?;
    let port = local_port(&first, port);
    match open(Ipv6Addr::LOCALHOST.into(), port).await {
        Ok(second) => Ok(Listener { sockets: vec![first, second], port }),
        Err(error) if error.is_taken() => Err(error),
        Err(_) => Ok(Listener { sockets: vec![first], port }),
    }
}

async fn open(host: IpAddr, port: u16) -> Result<TcpListener, BindError> {
    let address = SocketAddr::new(host, port);
    TcpListener::bind(address).await.map_err(|source| BindError { address, source })
}

fn local_port(socket: &TcpListener, asked: u16) -> u16 {
    socket.local_addr().map_or(asked, |address| address.port())
}
