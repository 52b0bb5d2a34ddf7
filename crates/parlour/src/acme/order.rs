//! One order (RFC 8555 §7.4): account, challenge, certificate.

use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount, NewOrder, Order, OrderStatus,
    RetryPolicy,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};

use super::challenges::Challenges;
use super::https::Https;
use super::state::State;

/// An authority answers within seconds; one that takes longer is asked again with the next attempt.
const POLLING: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(120));
/// How often a step is taken whose nonce was not liked; the library itself takes each three times.
const NONCES: u32 = 8;

/// How the authority is to ask whether the name is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// TLS-ALPN-01, on the port of HTTPS.
    Tls,
    /// HTTP-01, on the plain listener: where something in front answers TLS.
    Http,
}

impl By {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls-alpn-01",
            Self::Http => "http-01",
        }
    }

    fn kind(self) -> ChallengeType {
        match self {
            Self::Tls => ChallengeType::TlsAlpn01,
            Self::Http => ChallengeType::Http01,
        }
    }
}

/// Takes a step again while the authority finds fault with nothing but its nonce (RFC 8555 §6.5). A macro, because
/// futures of asynchronous closures that borrow cannot be sent to another thread yet.
macro_rules! insist {
    ($step:expr) => {{
        let mut left = NONCES;
        loop {
            left -= 1;
            match $step.await {
                Err(Error::Api(problem)) if left > 0 && is(&problem, "badNonce") => {}
                other => break other,
            }
        }
    }};
}

/// A chain and its key, in PEM.
pub(super) struct Issued {
    pub(super) chain: String,
    pub(super) key: String,
}

/// The account at the authority at `directory`: the one that is kept, or a new one.
///
/// # Errors
/// What the authority said, or why it was not reached. An account that it does not know is forgotten.
pub(super) async fn account(
    https: &Https,
    state: &Arc<State>,
    directory: &str,
    contact: Option<&str>,
) -> Result<Account, Error> {
    let builder = || Account::builder_with_http(Box::new(https.clone()));
    if let Some(kept) = state.account().await {
        return builder().from_credentials(kept).await;
    }
    let contact = contact.map(|address| format!("mailto:{address}"));
    let contacts: Vec<&str> = contact.iter().map(String::as_str).collect();
    let wanted = NewAccount {
        contact: &contacts,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let (account, credentials) = insist!(builder().create(&wanted, directory.to_owned(), None))?;
    // Without a place for it the next attempt makes another account: a pity, no fault.
    if let Err(sentence) = state.keep_account(&credentials).await {
        tracing::warn!("{sentence}");
    }
    Ok(account)
}

/// Obtains a certificate for `name`.
///
/// # Errors
/// What the authority said.
pub(super) async fn obtain(
    account: &Account,
    name: &str,
    challenges: &Arc<Challenges>,
    by: By,
) -> Result<Issued, Error> {
    let identifiers = [Identifier::Dns(name.to_owned())];
    let wanted = NewOrder::new(&identifiers);
    let mut order = insist!(account.new_order(&wanted))?;
    // Fetched here, so that the one below comes from memory: a step that fails cannot be taken back there.
    insist!(async {
        match order.authorizations().next().await {
            Some(fetched) => fetched.map(drop),
            None => Err("the order has no authorization".into()),
        }
    })?;
    let raised = {
        let mut authorizations = order.authorizations();
        let Some(authorization) = authorizations.next().await else {
            return Err("the order has no authorization".into());
        };
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            None
        } else {
            let Some(mut challenge) = authorization.challenge(by.kind()) else {
                return Err(said(format!("the authority does not offer {}", by.name())));
            };
            let raised = challenges
                .raise(name, &challenge.token, &challenge.key_authorization())
                .map_err(said)?;
            insist!(challenge.set_ready())?;
            Some(raised)
        }
    };
    let status = insist!(order.poll_ready(&POLLING))?;
    drop(raised);
    if status != OrderStatus::Ready {
        return Err(why(&mut order, by).await);
    }
    let key = KeyPair::generate().map_err(|error| said(error.to_string()))?;
    let mut params =
        CertificateParams::new(vec![name.to_owned()]).map_err(|error| said(error.to_string()))?;
    params.distinguished_name = DistinguishedName::new();
    let request = params
        .serialize_request(&key)
        .map_err(|error| said(error.to_string()))?;
    insist!(order.finalize_csr(request.der()))?;
    let chain = insist!(order.poll_certificate(&POLLING))?;
    Ok(Issued {
        chain,
        key: key.serialize_pem(),
    })
}

/// Whether a problem is of this kind (RFC 8555 §6.7).
pub(super) fn is(problem: &instant_acme::Problem, kind: &str) -> bool {
    let name = problem.r#type.as_deref();
    name.and_then(|name| name.strip_prefix("urn:ietf:params:acme:error:")) == Some(kind)
}

/// An order turns invalid when a challenge does, and only that one knows why.
async fn why(order: &mut Order, by: By) -> Error {
    let mut authorizations = order.authorizations();
    if let Some(Ok(mut authorization)) = authorizations.next().await
        && let Ok(state) = authorization.refresh().await
        && let Some(problem) = state
            .challenges
            .iter()
            .find_map(|challenge| challenge.error.clone())
    {
        return Error::Api(problem);
    }
    said(format!("the authority was not satisfied with {}", by.name()))
}

fn said(sentence: String) -> Error {
    Error::Other(sentence.into())
}
