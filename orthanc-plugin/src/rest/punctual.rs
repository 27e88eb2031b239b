//! Connections on which nothing arrives late. The kernel goes on sending for minutes what a closed connection had taken and a cut cable
//! held up: a write would arrive long after its time.

use rustix::net::sockopt::set_tcp_user_timeout;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};
use ureq::{Error, Timeout};

/// Makes connections by TCP that are given up when what was sent is not taken within so long.
#[derive(Debug)]
pub(super) struct Punctual(pub Duration);

impl Punctual {
    fn reach(&self, address: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_nodelay(true)?;
        set_tcp_user_timeout(&stream, u32::try_from(self.0.as_millis()).unwrap_or(u32::MAX))?;
        Ok(stream)
    }
}

impl Connector for Punctual {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails<'_>, _before: Option<()>) -> Result<Option<Connection>, Error> {
        let patience = details.timeout.not_zero().map_or(self.0, |limit| *limit) / details.addrs.len().max(1) as u32;
        let mut failed = Error::HostNotFound;
        for address in &details.addrs {
            match self.reach(*address, patience) {
                Ok(stream) => {
                    let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
                    return Ok(Some(Connection { stream, buffers }));
                }
                Err(error) => failed = Error::Io(error),
            }
        }
        Err(failed)
    }
}

/// One of them.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    buffers: LazyBuffers,
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let timeout = timeout.for_write();
        self.stream.set_write_timeout(timeout.not_zero().map(|limit| *limit))?;
        self.stream.write_all(&self.buffers.output()[..amount]).map_err(|error| told(error, timeout.reason))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = timeout.for_read();
        self.stream.set_read_timeout(timeout.not_zero().map(|limit| *limit))?;
        let amount = loop {
            match self.stream.read(self.buffers.input_append_buf()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(|error| told(error, timeout.reason))?,
            }
        };
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Nothing is to be read between two calls but the end of the connection.
    fn is_open(&mut self) -> bool {
        let probed = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        let is_quiet = probed.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        is_quiet && self.stream.set_nonblocking(false).is_ok()
    }
}

/// A time limit of a socket reads as if it were not ready.
fn told(error: io::Error, reason: Timeout) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => Error::Timeout(reason),
        _ => Error::Io(error),
    }
}
