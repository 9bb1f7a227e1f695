//! The private keys of certificates: sealed for the order while it is one, and for the certificate then.

use model::certificate::Bundle;
use model::certificate::order::Order;
use model::id::{CertificateId, ProjectId};
use model::permission::Scope;
use secrecy::SecretString;

use crate::{Aad, Error, SealedBlob, Sealer};

/// A certificate's key never changes, nor does an order's: one version is enough.
const VERSION: u64 = 1;

impl Sealer {
    /// Seals the key (PEM) that was made for an order.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub async fn seal_order_key(&self, order: &Order, key: &SecretString) -> Result<SealedBlob, Error> {
        let place = of_order(order);
        self.seal(Scope::Project(order.project_id), &place.aad(), key).await
    }

    /// Opens the key that was made for an order; `None` when none was.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub async fn open_order_key(&self, order: &Order) -> Result<Option<SecretString>, Error> {
        let Some(made) = &order.progress.made_key else { return Ok(None) };
        let (place, blob) = (of_order(order), made.sealed.clone().into());
        self.open(Scope::Project(order.project_id), &place.aad(), &blob).await.map(Some)
    }

    /// Seals the key (PEM) of a certificate.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub async fn seal_certificate_key(
        &self,
        project: ProjectId,
        certificate: CertificateId,
        key: &SecretString,
    ) -> Result<SealedBlob, Error> {
        let place = of_certificate(certificate);
        self.seal(Scope::Project(project), &place.aad(), key).await
    }

    /// Opens the key of a certificate; `None` when it is elsewhere.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub async fn open_certificate_key(&self, bundle: &Bundle) -> Result<Option<SecretString>, Error> {
        let Some(sealed) = &bundle.sealed_key else { return Ok(None) };
        let place = of_certificate(bundle.certificate_id);
        self.open(Scope::Project(bundle.project_id), &place.aad(), &sealed.clone().into()).await.map(Some)
    }
}

struct Place(String);

impl Place {
    fn aad(&self) -> Aad<'_> {
        Aad { table_key: &self.0, attribute: "private_key", version: VERSION }
    }
}

fn of_order(order: &Order) -> Place {
    Place(format!("CERTIFICATE_REQUEST#{}", order.id))
}

fn of_certificate(certificate: CertificateId) -> Place {
    Place(format!("CERTIFICATE#{certificate}"))
}
