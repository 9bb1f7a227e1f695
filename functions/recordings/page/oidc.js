// Signing in at the company's OpenID Connect provider: authorization code with PKCE (RFC 7636). What is needed to come
// back is kept in this tab's session storage and used once; tokens stay in memory.

const KEPT = "drawbridge-sign-in";

const BACK = `${location.origin}/recordings/signed-in`;

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function claims(token) {
  try {
    const [, payload] = token.split(".");
    const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
  } catch {
    return null;
  }
}

/** Leaves for the provider, to come back to this recording. `again` asks for another person than the one signed in there. */
export async function leave(settings, recording, again) {
  const [state, nonce, verifier] = [random(), random(), random()];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  sessionStorage.setItem(KEPT, JSON.stringify({ state, nonce, verifier, recording }));
  const address = new URL(settings.authorizationEndpoint);
  const query = {
    response_type: "code",
    client_id: settings.clientId,
    redirect_uri: BACK,
    scope: "openid email profile",
    state,
    nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
    ...(again ? { prompt: "select_account" } : {}),
  };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  location.assign(address);
}

/**
 * The provider knows one address to send people back to. From there this goes on to the recording's own, whose
 * Content-Security-Policy lets it read the bucket.
 */
export function goOn() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (!kept) throw new Error("This tab did not ask to sign in. Open the link of the recording again.");
  location.replace(`/recordings/${encodeURIComponent(kept.recording)}${location.search}`);
}

/** Who has just come back from the provider: `{bearer, name}`; null when nobody has. */
export async function arrive(settings, recording) {
  const query = new URLSearchParams(location.search);
  if (!query.has("code") && !query.has("error")) return null;
  // A code in the address bar would be in the history, and tried again on reload.
  history.replaceState(null, "", location.pathname);
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  if (!kept || kept.state !== query.get("state") || kept.recording !== recording) {
    throw new Error("The answer of the sign-in page does not belong to this tab.");
  }
  if (query.has("error")) {
    throw new Error(`The sign-in page refused: ${query.get("error_description") ?? query.get("error")}`);
  }
  return await exchange(settings, kept, query.get("code"));
}

async function exchange(settings, kept, code) {
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: settings.clientId,
    code,
    redirect_uri: BACK,
    code_verifier: kept.verifier,
  });
  let answer;
  try {
    answer = await fetch(settings.tokenEndpoint, { method: "POST", body: form, credentials: "omit" });
  } catch {
    throw new Error(
      `${new URL(settings.tokenEndpoint).host} did not answer this page. Its client "${settings.clientId}" must be a public ` +
        `(single-page) one that allows ${location.origin}.`,
    );
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(`The sign-in page refused: ${body.error_description ?? body.error ?? answer.status}`);
  const who = claims(body.id_token ?? "");
  if (who?.nonce !== kept.nonce) throw new Error("The identity token is not the answer to this sign-in.");
  // The API takes a token of its own audience: the access token where the provider makes one for it, else the identity token.
  const audience = [claims(body.access_token ?? "")?.aud].flat();
  const bearer = audience.includes(settings.audience) ? body.access_token : body.id_token;
  return { bearer, name: who.email ?? who.name ?? who.sub };
}
