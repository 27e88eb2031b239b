//! Orthanc's REST API over HTTP or HTTPS, from another machine.

mod punctual;

use crate::archive::{Archive, ArchiveError, Bytes, Reply, writes};
use crate::protocol::MAXIMUM_PAYLOAD;
use crate::sdk::Method;
use crate::shared::secret::Secret;
use crate::shared::tls;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use punctual::Punctual;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{Request, Response, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, RustlsConnector};
use ureq::{Agent, Body};

const CONNECT: Duration = Duration::from_secs(10);
/// A connection on which nothing moves for so long was cut. Orthanc may take this long to answer for a large study on a slow disk.
const SILENCE: Duration = Duration::from_secs(60);

/// Orthanc ends an idle connection after a second.
const IDLE: Duration = Duration::from_millis(500);

/// An Orthanc on another machine, or on this one.
pub struct Rest {
    agent: Agent,
    /// Without a slash at its end.
    base: String,
    /// Value of the header `Authorization`.
    authorization: Option<Secret>,
}

impl Rest {
    /// Connects to nothing yet. What is begun to be written arrives within `lease` or never.
    pub fn new(
        url: &str,
        authorization: Option<Secret>,
        certificate_file: Option<&Path>,
        lease: Duration,
    ) -> Result<Rest, String> {
        let uri: Option<Uri> = url.parse().ok();
        // Credentials in the address would show up in messages.
        let usable = |uri: &Uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
                && uri.query().is_none()
        };
        if !uri.as_ref().is_some_and(usable) {
            return Err("\"OrthancUrl\" must be http://HOST:PORT or https://HOST:PORT, without user and password".to_owned());
        }
        let roots: Vec<_> = tls::authorities(certificate_file)?;
        let roots: Vec<_> = roots.iter().map(|root| Certificate::from_der(root.as_ref()).to_owned()).collect();
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(tls::provider())
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .build();
        // For each of finding, reaching and delivering, with some to spare.
        let share = lease / 4;
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // What we hold to be Orthanc must not send our credentials elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .max_idle_age(IDLE)
            .timeout_resolve(Some(CONNECT.min(share)))
            .timeout_connect(Some(CONNECT.min(share)))
            .timeout_per_read(Some(SILENCE))
            .timeout_per_write(Some(SILENCE))
            .build();
        let connector = Punctual(share.min(SILENCE)).chain(RustlsConnector::default());
        let agent = Agent::with_parts(config, connector, DefaultResolver::default());
        Ok(Rest { agent, base: url.trim_end_matches('/').to_owned(), authorization })
    }

    /// Whether credentials would travel in the clear, and leave this machine.
    pub fn is_open(&self) -> bool {
        let uri: Option<Uri> = self.base.parse().ok();
        let is_here = |host: &str| {
            let address = host.trim_matches(['[', ']']).parse();
            host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
        };
        let is_open = |uri: &Uri| uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_here);
        self.authorization.is_some() && uri.as_ref().is_some_and(is_open)
    }

    fn send(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Response<Body>, ureq::Error> {
        let mut request = Request::builder().method(method.name()).uri(format!("{}{uri}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization.reveal());
        }
        match method {
            Method::Get | Method::Delete => self.agent.run(request.body(()).map_err(ureq::Error::Http)?),
            Method::Post | Method::Put => self.agent.run(request.body(body).map_err(ureq::Error::Http)?),
        }
    }
}

/// What the user name and password become in the header `Authorization`.
pub fn basic(username: &str, password: &Secret) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{username}:{}", password.reveal()))))
}

impl Archive for Rest {
    fn call(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply, ArchiveError> {
        let unreachable = |problem: String| ArchiveError::Unreachable { call: format!("{} {uri}", method.name()), problem };
        let mut sent = self.send(method, uri, headers, body);
        // Once more where a connection that was kept has ended meanwhile; but whether it may still be written has to be asked first.
        if sent.is_err() && !writes(method, uri) {
            sent = self.send(method, uri, headers, body);
        }
        let mut response = sent.map_err(|error| unreachable(error.to_string()))?;
        let status = response.status().as_u16();
        // None of these says anything about the study: not 404, which would read as "deleted", and not a redirection.
        if matches!(status, 300..=399 | 401 | 403 | 407 | 429 | 502..=504) {
            return Err(unreachable(format!("HTTP status {status}")));
        }
        let text = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        let headers = response.headers().iter().filter_map(text).collect();
        let body = response.body_mut().with_config().limit(u64::from(MAXIMUM_PAYLOAD)).read_to_vec();
        let body = body.map_err(|error| unreachable(error.to_string()))?;
        Ok(Reply { status, body: Bytes::Own(body), headers })
    }

    fn dicom(&self, instance: &str) -> Result<Bytes, ArchiveError> {
        let uri = format!("/instances/{instance}/file");
        let reply = self.call(Method::Get, &uri, &[], b"")?;
        match reply.status {
            200 => Ok(reply.body),
            status => Err(ArchiveError::Status { call: format!("GET {uri}"), status }),
        }
    }

    /// The disk is another machine's.
    fn room_for(&self, _bytes: usize) -> Result<(), ArchiveError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Instant;

    const LEASE: Duration = Duration::from_secs(120);

    /// Answers one call, and gives what it was asked.
    fn server(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 4096];
            let length = stream.read(&mut asked).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        (url, thread)
    }

    #[test]
    fn a_call_carries_credentials_and_gives_the_answer() {
        let (url, server) = server("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nETag: \"3\"\r\n\r\n{}");
        let rest = Rest::new(&url, Some(basic("worker", &Secret::new("pass"))), None, LEASE).unwrap();
        let reply = rest.call(Method::Put, "/studies/x", &[("if-match", "2")], b"body").unwrap();
        assert_eq!((reply.status, reply.header("etag"), &*reply.body), (404, Some("\"3\""), &b"{}"[..]));
        let asked = server.join().unwrap().to_lowercase();
        assert!(asked.starts_with("put /studies/x http/1.1") && asked.contains("if-match: 2"), "{asked}");
        assert!(asked.contains("authorization: basic d29ya2vyonbhc3m=") && asked.contains("content-length: 4"), "{asked}");
    }

    #[test]
    fn whoever_does_not_let_us_in_says_nothing_about_the_study() {
        for answer in [
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\ncut",
        ] {
            let (url, server) = server(answer);
            let rest = Rest::new(&url, None, None, LEASE).unwrap();
            let error = rest.call(Method::Get, "/system", &[], b"").err().unwrap();
            assert!(matches!(error, ArchiveError::Unreachable { .. }), "{answer}: {error}");
            server.join().unwrap();
        }
    }

    #[test]
    fn addresses_are_judged_before_use() {
        for url in ["", "orthanc:8042", "ftp://orthanc", "http://user:hidden@orthanc:8042", "http://orthanc/?a"] {
            let error = Rest::new(url, None, None, LEASE).err().unwrap();
            assert!(error.contains("OrthancUrl") && !error.contains("hidden"), "{error}");
        }
        let open = |url: &str| Rest::new(url, Some(Secret::new("Bearer x")), None, LEASE).unwrap().is_open();
        assert!(open("http://orthanc:8042") && open("http://127.0.0.1.example.org"));
        assert!(!open("https://orthanc") && !open("http://127.0.0.1:8042/") && !open("http://[::1]:8042"));
    }

    /// Breaks the first connection after it has heard something, answers on the second; gives the methods that it heard.
    fn broken_once(calls: impl FnOnce(&Rest)) -> Vec<String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let rest = Rest::new(&format!("http://{}", listener.local_addr().unwrap()), None, None, LEASE).unwrap();
        std::thread::scope(|scope| {
            let server = scope.spawn(|| {
                let answers: [&[u8]; 2] = [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"];
                let hear = |answer: &[u8]| {
                    let (mut stream, _) = listener.accept().unwrap();
                    let mut heard = [0; 4096];
                    let length = stream.read(&mut heard).unwrap();
                    stream.write_all(answer).unwrap();
                    String::from_utf8_lossy(&heard[..length]).split(' ').next().unwrap_or_default().to_owned()
                };
                answers.map(hear).to_vec()
            });
            calls(&rest);
            server.join().unwrap()
        })
    }

    #[test]
    fn reading_is_repeated_and_writing_is_not() {
        let read = |rest: &Rest| assert_eq!(rest.call(Method::Get, "/system", &[], b"").unwrap().status, 200);
        assert_eq!(broken_once(read), ["GET", "GET"]);
        let written = |rest: &Rest| {
            let error = rest.call(Method::Put, "/studies/x/attachments/4750", &[], b"Running").err().unwrap();
            assert!(matches!(error, ArchiveError::Unreachable { .. }), "{error}");
            assert_eq!(rest.call(Method::Get, "/system", &[], b"").unwrap().status, 200);
        };
        assert_eq!(broken_once(written), ["PUT", "GET"]);
    }

    #[test]
    fn what_is_not_taken_in_time_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let rest = Rest::new(&url, None, None, Duration::from_secs(4)).unwrap();
        let began = Instant::now();
        // More than what waits in the kernel for somebody who does not listen.
        assert!(rest.call(Method::Post, "/instances", &[], &vec![0; 64 << 20]).is_err());
        assert!(began.elapsed() < SILENCE / 4, "{:?}", began.elapsed());
    }
}
