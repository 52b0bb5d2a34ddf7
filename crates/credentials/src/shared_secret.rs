//! Credentials for other applications: a secret that an application and this server share.
//!
//! The application mints `username = <expiry>[:<name>]`, `password = base64(HMAC-SHA1(secret, username))`, as
//! Nextcloud Talk, Synapse, Jitsi and coturn's `use-auth-secret` do. The name may be anything; who uses it is
//! the application's business. Meetings of this server never use this scheme: there the credential is the seat.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::TurnCredential;
use crate::anchor::Anchor;

/// RFC 8489 §14.3: USERNAME has fewer than 509 bytes.
const MAX_USERNAME_BYTES: usize = 508;
/// Applications, and secrets of one application: each costs a key derivation per refused request.
const MAX_SECRETS: usize = 16;
/// Shorter secrets can be found by trying, from one captured request.
const MIN_SECRET_BYTES: usize = 16;

/// All shared secrets of a server, by application, and the clock that expiry is judged by.
#[derive(Clone)]
pub struct SharedSecrets {
    anchor: Anchor,
    applications: Vec<Application>,
}

#[derive(Clone)]
struct Application {
    id: ApplicationId,
    secrets: Vec<String>,
}

/// An application: its name in the file of secrets, so that it is the same one in the next version of the file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApplicationId(Arc<str>);

impl fmt::Debug for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApplicationId(..)")
    }
}

/// A USERNAME of this scheme, taken apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ExpiringName<'a> {
    /// UNIX seconds from which on the credential is no longer good.
    pub expires: u64,
    /// What stands behind the first colon; may hold more colons.
    pub name: Option<&'a str>,
}

impl<'a> ExpiringName<'a> {
    /// Reads `<expiry>[:<name>]`; `None` for anything else, and for more than 508 bytes.
    #[must_use]
    pub fn parse(username: &'a str) -> Option<Self> {
        if username.len() > MAX_USERNAME_BYTES {
            return None;
        }
        let (expires, name) = match username.split_once(':') {
            Some((expires, name)) => (expires, Some(name)),
            None => (username, None),
        };
        // `parse` alone would take a plus sign.
        let digits = !expires.is_empty() && expires.bytes().all(|byte| byte.is_ascii_digit());
        let expires = digits.then(|| expires.parse().ok())??;
        Some(Self { expires, name })
    }
}

impl fmt::Debug for ExpiringName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExpiringName(..)")
    }
}

impl SharedSecrets {
    /// Reads a file of secrets: a line `name = secret` for each; empty lines and lines that begin with `#` do not
    /// count. A name that stands twice has two secrets, so that one can be replaced without a gap.
    ///
    /// # Errors
    /// [`SecretsError`] with the number of the first line that is wrong. It never holds a secret.
    pub fn parse(anchor: Anchor, text: &str) -> Result<Self, SecretsError> {
        let mut applications: Vec<Application> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fault = |kind| SecretsError {
                line: index + 1,
                kind,
            };
            let (name, secret) = line.split_once('=').ok_or(fault(Kind::NoEquals))?;
            let (name, secret) = (name.trim(), secret.trim());
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
                return Err(fault(Kind::Name));
            }
            if secret.len() < MIN_SECRET_BYTES {
                return Err(fault(Kind::Short));
            }
            if applications
                .iter()
                .any(|known| known.secrets.iter().any(|other| other == secret))
            {
                return Err(fault(Kind::Twice));
            }
            match applications.iter_mut().find(|known| *known.id.0 == *name) {
                Some(known) => known.secrets.push(secret.to_owned()),
                None => applications.push(Application {
                    id: ApplicationId(name.into()),
                    secrets: vec![secret.to_owned()],
                }),
            }
            if applications
                .iter()
                .map(|known| known.secrets.len())
                .sum::<usize>()
                > MAX_SECRETS
            {
                return Err(fault(Kind::TooMany));
            }
        }
        if applications.is_empty() {
            return Err(SecretsError {
                line: 1,
                kind: Kind::None,
            });
        }
        Ok(Self { anchor, applications })
    }

    /// A credential of `application` that is good for `life` from `now`; `None` if there is no such application,
    /// or the name is too long.
    #[must_use]
    pub fn mint(
        &self,
        now: Instant,
        application: &str,
        life: Duration,
        name: Option<&str>,
    ) -> Option<TurnCredential> {
        let application = self
            .applications
            .iter()
            .find(|known| *known.id.0 == *application)?;
        let expires = self.anchor.unix_at(now).saturating_add(life.as_secs());
        let username = match name {
            Some(name) => format!("{expires}:{name}"),
            None => expires.to_string(),
        };
        ExpiringName::parse(&username)?;
        let password = password(application.secrets.first()?, &username);
        Some(TurnCredential { username, password })
    }

    /// Every password that `username` could have, with the application that would have minted it. The same
    /// number of them for every name.
    pub fn passwords(&self, username: &str) -> impl Iterator<Item = (ApplicationId, String)> {
        self.applications.iter().flat_map(move |known| {
            let of = move |secret: &String| (known.id.clone(), password(secret, username));
            known.secrets.iter().map(of)
        })
    }

    /// Whether the credential's time is up.
    #[must_use]
    pub fn has_expired(&self, now: Instant, name: &ExpiringName<'_>) -> bool {
        name.expires <= self.anchor.unix_at(now)
    }

    /// The names of the applications, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.applications.iter().map(|known| &*known.id.0)
    }
}

impl fmt::Debug for SharedSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedSecrets({} applications)", self.applications.len())
    }
}

fn password(secret: &str, username: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes())
        .expect("HMAC takes keys of every length (RFC 2104 §3)");
    mac.update(username.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// A file of secrets that cannot be used. Prints as a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretsError {
    /// Counted from one.
    pub line: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    None,
    NoEquals,
    Name,
    Short,
    Twice,
    TooMany,
}

impl fmt::Display for SecretsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match self.kind {
            Kind::None => {
                f.write_str("it holds no secret; write a line like `nextcloud = <32 random characters>`")
            }
            Kind::NoEquals => write!(f, "line {line} has no `=`; write `name = secret`"),
            Kind::Name => write!(
                f,
                "line {line}: the name before `=` must be 1 to 64 letters, digits, dots, dashes or underscores"
            ),
            Kind::Short => write!(
                f,
                "line {line}: the secret has fewer than {MIN_SECRET_BYTES} characters and could be guessed; \
                 `openssl rand -hex 32` makes a good one"
            ),
            Kind::Twice => write!(
                f,
                "line {line}: this secret is in the file twice; give each application its own"
            ),
            Kind::TooMany => write!(f, "line {line}: there are more than {MAX_SECRETS} secrets"),
        }
    }
}

impl std::error::Error for SecretsError {}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# for the others\nfable = north-wind-and-the-sun\n\nsynapse=a second secret of sixteen\n\
                        fable = north-wind-and-the-moon\n";
    const START: u64 = 1_735_689_000;

    #[expect(
        clippy::disallowed_methods,
        reason = "tests count from any moment, and std makes one only this way"
    )]
    fn secrets() -> (Instant, SharedSecrets) {
        let now = Instant::now();
        (now, SharedSecrets::parse(Anchor::new(now, START), TEXT).unwrap())
    }

    /// Made with Python 3.11, which shares nothing with this code:
    /// `base64.b64encode(hmac.new(secret, username, hashlib.sha1).digest())`. The third is as Synapse makes them.
    const VECTORS: [(&str, &str, &str); 4] = [
        (
            "north-wind-and-the-sun",
            "1735689600:alice",
            "zjky0quGQUxpl3yYEpypjIZWHNo=",
        ),
        (
            "north-wind-and-the-sun",
            "1735689600",
            "CviKCYWcrTjoicdAEhAYINUN2Ns=",
        ),
        (
            "a second secret of sixteen",
            "4102444800:@bob:example.org",
            "X7FZKt95wAn+L4EpJgkDTvxg0Vk=",
        ),
        // As Nextcloud Talk makes them (16 random letters behind the expiry), with `openssl dgst -sha1 -hmac`.
        (
            "north-wind-and-the-moon",
            "1735776000:Qx7Yb2kM9sLp4TzR",
            "e6SeKy0zN3yS6pF5K4VrWxumD4k=",
        ),
    ];

    #[test]
    fn passwords_are_those_that_python_computes() {
        let (_, secrets) = secrets();
        for (secret, username, expected) in VECTORS {
            assert_eq!(password(secret, username), expected);
            assert!(
                secrets
                    .passwords(username)
                    .any(|(_, password)| password == expected)
            );
        }
    }

    #[test]
    fn a_minted_credential_is_good_until_its_time_is_up() {
        let (now, secrets) = secrets();
        let minted = secrets
            .mint(now, "fable", Duration::from_secs(600), Some("alice"))
            .unwrap();
        assert_eq!(
            (minted.username.as_str(), minted.password.as_str()),
            (VECTORS[0].1, VECTORS[0].2)
        );
        let name = ExpiringName::parse(&minted.username).unwrap();
        assert_eq!((name.expires, name.name), (START + 600, Some("alice")));
        assert!(!secrets.has_expired(now + Duration::from_secs(599), &name));
        assert!(secrets.has_expired(now + Duration::from_secs(600), &name));
        assert_eq!(secrets.mint(now, "nobody", Duration::from_secs(600), None), None);
    }

    #[test]
    fn an_application_may_have_two_secrets_and_every_name_costs_the_same() {
        let (_, secrets) = secrets();
        let ids = |username| {
            secrets
                .passwords(username)
                .map(|(id, _)| id.0.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(ids("1:x"), ["fable", "fable", "synapse"]);
        assert_eq!(ids(""), ids("1:x"));
        assert_eq!(secrets.names().collect::<Vec<_>>(), ["fable", "synapse"]);
    }

    #[test]
    fn only_digits_before_the_colon_are_an_expiry() {
        for wrong in ["", ":x", "+1:x", "1a:x", "x:1", " 1", "18446744073709551616"] {
            assert_eq!(ExpiringName::parse(wrong), None, "{wrong:?}");
        }
        assert!(ExpiringName::parse(&format!("1:{}", "x".repeat(506))).is_some());
        assert!(ExpiringName::parse(&format!("1:{}", "x".repeat(507))).is_none());
        assert_eq!(
            ExpiringName::parse("7:a:b").map(|name| name.name),
            Some(Some("a:b"))
        );
    }

    #[test]
    fn a_file_that_cannot_be_used_says_where_and_never_what() {
        let (now, _) = secrets();
        let many: String = (0..17).map(|n| format!("a{n} = 0123456789abcdef{n}\n")).collect();
        for (text, line) in [
            ("", 1),
            ("# nothing\n", 1),
            ("\nnorth-wind-and-the-sun", 2),
            ("two words = north-wind-and-the-sun", 1),
            ("a = short", 1),
            ("a = north-wind-and-the-sun\nb = north-wind-and-the-sun", 2),
            (many.as_str(), 17),
        ] {
            let error = SharedSecrets::parse(Anchor::new(now, START), text).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            let said = error.to_string();
            assert!(
                said.len() > 30 && !said.contains("north") && !said.contains("short"),
                "{said}"
            );
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let (_, secrets) = secrets();
        let printed = format!("{secrets:?} {:?}", ExpiringName::parse("1:alice"));
        assert!(!printed.contains("north") && !printed.contains("alice"));
    }
}
