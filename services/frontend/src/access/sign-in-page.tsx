import { type FormEvent, useId, useState } from "react";
import type { Schemas } from "../api/client";
import { sentence } from "../api/problem";
import { Button } from "../parts/button";
import styles from "./access.module.css";
import { signInWithKey, wasRefused } from "./credentials";

/** How to sign in, for those who have not. */
export function SignInPage({ signIn }: { signIn: Schemas["SignIn"] }) {
  const [failure, setFailure] = useState<string | null>(null);
  const field = useId();
  const { entra } = signIn;

  function enter(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget).get("key") ?? "");
    if (key.trim()) signInWithKey(key);
  }

  async function leave() {
    if (!entra) return;
    const { leaveForEntra } = await import("./entra");
    await leaveForEntra(entra).catch((error) => setFailure(sentence(error)));
  }

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <h1>Sign in to Loupe</h1>
        {wasRefused() && (
          <p role="alert" className={styles.refused}>
            Your key or sign-in was not accepted. It may have expired or have been replaced: sign in again.
          </p>
        )}
        {entra && (
          <Button kind="primary" onPress={leave}>
            Sign in with your organization's account
          </Button>
        )}
        {failure && <p role="alert">{failure}</p>}
        {signIn.api_keys && (
          <form onSubmit={enter} className={styles.form}>
            <label htmlFor={field}>API key</label>
            <input id={field} name="key" type="password" autoComplete="off" spellCheck={false} required />
            <Button type="submit" kind="primary">
              Sign in
            </Button>
            <p className={styles.hint}>Whoever runs Loupe gives you one. This tab forgets it when it is closed.</p>
          </form>
        )}
        {!entra && !signIn.api_keys && (
          <p>Pages cannot sign in here: whoever runs Loupe must set LOUPE_ENTRA_CLIENT or LOUPE_API_KEYS_FILE.</p>
        )}
      </div>
    </main>
  );
}
