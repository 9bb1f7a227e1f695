//! Load balancers, their listeners, and the certificates on these.
//!
//! A listener has one default certificate, for clients that name no host or one that no certificate is for, and a list of
//! others, which are chosen by name (SNI). Both are kept apart: the default may stand in the list as well, and when it is
//! replaced the list keeps what it has
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html>).

mod seen;

use aws_config::SdkConfig;
use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::Certificate;
use call::{Class, Error};

use crate::api::{Api, Caller};

pub use seen::{Kind, Listener, ListenerCertificates, LoadBalancer, Protocol};

/// The most that one page has.
const PAGE: i32 = 400;

/// Load balancers of one region, as one session.
#[derive(Debug)]
pub struct LoadBalancers {
    client: Client,
    caller: Caller,
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Now,
    /// The load balancer does not know the certificate (yet), in AWS's words: one that was imported a moment ago, or one that
    /// is not issued.
    NoCertificate(String),
    /// There is no room for another certificate, in AWS's words.
    Full(String),
}

impl LoadBalancers {
    pub(crate) fn new(config: &SdkConfig, caller: Caller) -> Self {
        Self { client: Client::new(config), caller }
    }

    /// Every load balancer of the account and region. One call for each 400.
    ///
    /// # Errors
    /// [`Error`] of DescribeLoadBalancers.
    pub async fn all(&self) -> Result<Vec<LoadBalancer>, Error> {
        let mut all = Vec::new();
        let mut next = None;
        loop {
            let request = self.client.describe_load_balancers().page_size(PAGE).set_marker(next);
            let page = self.caller.call(Api::DescribeLoadBalancers, "*", || request.clone().send()).await?;
            all.extend(page.load_balancers().iter().filter_map(LoadBalancer::of));
            next = page.next_marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                return Ok(all);
            }
        }
    }

    /// One load balancer; `None` when there is none of that ARN in this account and region. One call.
    ///
    /// # Errors
    /// [`Error`] of DescribeLoadBalancers.
    pub async fn one(&self, arn: &str) -> Result<Option<LoadBalancer>, Error> {
        let request = self.client.describe_load_balancers().load_balancer_arns(arn);
        match self.caller.call(Api::DescribeLoadBalancers, arn, || request.clone().send()).await {
            Ok(answer) => Ok(answer.load_balancers().iter().find_map(LoadBalancer::of)),
            Err(error) if error.class() == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The listeners of a load balancer, of every protocol. One call for each 400.
    ///
    /// # Errors
    /// [`Error`] of DescribeListeners; [`Class::NotFound`] when there is no such load balancer.
    pub async fn listeners(&self, load_balancer: &str) -> Result<Vec<Listener>, Error> {
        let mut all = Vec::new();
        let mut next = None;
        loop {
            let request = self
                .client
                .describe_listeners()
                .load_balancer_arn(load_balancer)
                .page_size(PAGE)
                .set_marker(next);
            let page =
                self.caller.call(Api::DescribeListeners, load_balancer, || request.clone().send()).await?;
            all.extend(page.listeners().iter().filter_map(Listener::of));
            next = page.next_marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                return Ok(all);
            }
        }
    }

    /// The certificates on a listener. One call for each 400.
    ///
    /// # Errors
    /// [`Error`] of DescribeListenerCertificates; [`Class::NotFound`] when there is no such listener.
    pub async fn certificates(&self, listener: &str) -> Result<ListenerCertificates, Error> {
        let mut all = ListenerCertificates::default();
        let mut next = None;
        loop {
            let request = self
                .client
                .describe_listener_certificates()
                .listener_arn(listener)
                .page_size(PAGE)
                .set_marker(next);
            let page = self
                .caller
                .call(Api::DescribeListenerCertificates, listener, || request.clone().send())
                .await?;
            all.take(page.certificates());
            next = page.next_marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                return Ok(all);
            }
        }
    }

    /// Puts a certificate into a listener's list; one that is there already stays. One call.
    ///
    /// # Errors
    /// [`Error`] of AddListenerCertificates, but for what is an answer.
    pub async fn add(&self, listener: &str, certificate: &str) -> Result<Changed, Error> {
        let request =
            self.client.add_listener_certificates().listener_arn(listener).certificates(named(certificate));
        changed(self.caller.call(Api::AddListenerCertificates, listener, || request.clone().send()).await)
    }

    /// Takes a certificate out of a listener's list; the default stays the default. One that is not there is no error. One
    /// call.
    ///
    /// # Errors
    /// [`Error`] of RemoveListenerCertificates.
    pub async fn remove(&self, listener: &str, certificate: &str) -> Result<(), Error> {
        let request = self
            .client
            .remove_listener_certificates()
            .listener_arn(listener)
            .certificates(named(certificate));
        self.caller.call(Api::RemoveListenerCertificates, listener, || request.clone().send()).await.map(drop)
    }

    /// Makes a certificate a listener's default. What was the default before is on the listener no more, unless it stands in
    /// its list as well. One call.
    ///
    /// # Errors
    /// [`Error`] of ModifyListener, but for what is an answer.
    pub async fn set_default(&self, listener: &str, certificate: &str) -> Result<Changed, Error> {
        let request = self.client.modify_listener().listener_arn(listener).certificates(named(certificate));
        changed(self.caller.call(Api::ModifyListener, listener, || request.clone().send()).await)
    }
}

fn named(arn: &str) -> Certificate {
    Certificate::builder().certificate_arn(arn).build()
}

fn changed<T>(answer: Result<T, Error>) -> Result<Changed, Error> {
    let Err(error) = answer else { return Ok(Changed::Now) };
    match error.code() {
        Some("CertificateNotFound") => Ok(Changed::NoCertificate(error.to_string())),
        Some("TooManyCertificates") => Ok(Changed::Full(error.to_string())),
        Some(_) | None => Err(error),
    }
}
