//! An authority of our own, certificates in files, TLS clients, and other people's programs.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file uses what it needs of this"
)]

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// An authority, and the files of a certificate that it has signed; gone with the value.
pub(crate) struct Pki {
    directory: PathBuf,
    authority_file: String,
    certificate_file: String,
    key_file: String,
    issuer: Issuer<'static, KeyPair>,
    authority: CertificateDer<'static>,
    name: String,
}

impl Pki {
    /// `what` names the directory; the first of `names` is the one that clients ask for.
    pub(crate) fn new(what: &str, names: &[&str]) -> Self {
        let directory = std::env::temp_dir().join(format!("parlour-tls-{}-{what}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // A name of its own: openssl takes a certificate for self-signed that bears its issuer's name.
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "authority of a test");
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap().der().clone();
        let file = |name: &str| directory.join(name).to_str().unwrap().to_owned();
        let pki = Self {
            authority_file: file("authority.pem"),
            certificate_file: file("certificate.pem"),
            key_file: file("key.pem"),
            issuer: Issuer::new(params, key),
            authority,
            name: names[0].to_owned(),
            directory,
        };
        write(
            Path::new(&pki.authority_file),
            &pem("CERTIFICATE", &pki.authority),
        );
        pki.renew(names);
        pki
    }

    /// Puts a new certificate and key into the files; returns the certificate.
    pub(crate) fn renew(&self, names: &[&str]) -> CertificateDer<'static> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names).unwrap();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        write(Path::new(&self.certificate_file), &pem("CERTIFICATE", made.der()));
        write(
            Path::new(&self.key_file),
            &pem("PRIVATE KEY", &key.serialize_der()),
        );
        made.der().clone()
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority_file
    }

    pub(crate) fn certificate_file(&self) -> &str {
        &self.certificate_file
    }

    pub(crate) fn key_file(&self) -> &str {
        &self.key_file
    }

    /// What makes the program use the files, on a free port.
    pub(crate) fn flags(&self) -> Vec<&str> {
        let (certificate, key) = (&self.certificate_file, &self.key_file);
        vec![
            "--tls-cert",
            certificate,
            "--tls-key",
            key,
            "--https-listen",
            "127.0.0.1:0",
        ]
    }

    pub(crate) fn connector(&self, alpn: &[&str]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        let mut config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        // Each handshake of a test is to be a whole one.
        config.resumption = rustls::client::Resumption::disabled();
        TlsConnector::from(Arc::new(config))
    }
}

impl Drop for Pki {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// One TLS connection of a client that trusts the authority.
pub(crate) struct Tls(pub(crate) TlsStream<TcpStream>);

impl Tls {
    pub(crate) async fn connect(pki: &Pki, to: SocketAddr, alpn: &[&str]) -> io::Result<Self> {
        let socket = TcpStream::connect(to).await?;
        let name = ServerName::try_from(pki.name.clone()).unwrap();
        pki.connector(alpn).connect(name, socket).await.map(Self)
    }

    /// Says something and returns what comes until the server ends the stream, ten seconds at most.
    pub(crate) async fn ask(&mut self, what: &[u8]) -> Vec<u8> {
        self.0.write_all(what).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), self.0.read_to_end(&mut answer)).await;
        // A stream may end without close_notify; what came before counts.
        let _how = read.expect("the server ends the stream");
        answer
    }

    /// The certificate that the server showed.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.0.get_ref().1.peer_certificates().unwrap()[0]
            .clone()
            .into_owned()
    }
}

/// A TLS connection of a client that believes anybody: for certificates of other authorities than ours.
pub(crate) struct Unverified(TlsStream<TcpStream>);

impl Unverified {
    pub(crate) async fn connect(to: SocketAddr, name: &str) -> io::Result<Self> {
        let config = parlour::tls::anybody();
        let socket = TcpStream::connect(to).await?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let stream = TlsConnector::from(config).connect(name, socket).await?;
        Ok(Self(stream))
    }

    /// The certificate that the server showed.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        self.0.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }

    /// One exchange.
    pub(crate) async fn alive(&mut self, host: &str) {
        let request = format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\n\r\n");
        self.0.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 2048];
        let read = tokio::time::timeout(Duration::from_secs(10), self.0.read(&mut answer)).await;
        let read = read.expect("an answer in time").unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 200 "));
    }
}

/// What a program prints on both outputs when it is given `input`.
pub(crate) async fn output(program: &str, words: &[&str], input: &[u8]) -> String {
    let mut child = tokio::process::Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("needs {program}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feed = tokio::spawn(async move {
        // It may end before it has read everything.
        let _ = stdin.write_all(&input).await;
    });
    let done = tokio::time::timeout(Duration::from_secs(30), child.wait_with_output()).await;
    let done = done
        .unwrap_or_else(|_| panic!("{program} {words:?} does not end"))
        .unwrap();
    feed.await.unwrap();
    String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()
}
