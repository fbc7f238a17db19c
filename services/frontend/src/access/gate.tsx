import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useSyncExternalStore } from "react";
import { answer, api, type Schemas } from "../api/client";
import { isSignedOut } from "../api/problem";
import { Problem } from "../parts/problem";
import { subscribe, wasRefused } from "./credentials";
import { SignInPage } from "./sign-in-page";

type Me = Schemas["Me"];

const SIGN_IN = "sign-in";

interface Access {
  me: Me;
  /** Whether people have signed in, and so can sign out. */
  signedIn: boolean;
}

const AccessContext = createContext<Access | null>(null);

/** Shows what is inside to those whom the API knows, and everyone else how to sign in. */
export function Gate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const isRefused = useSyncExternalStore(subscribe, wasRefused);
  const signIn = useQuery({
    queryKey: [SIGN_IN],
    queryFn: async () => {
      const found = await answer(api.GET("/sign-in"));
      if (found.entra) {
        const { resume } = await import("./entra");
        await resume(found.entra);
      }
      return found;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const me = useQuery({
    queryKey: ["me"],
    queryFn: () => answer(api.GET("/v1/me")),
    enabled: signIn.isSuccess,
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(
    () =>
      subscribe(() => {
        // What one person was shown is nothing for the next. How to sign in is the same for all.
        if (!wasRefused()) void client.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== SIGN_IN });
      }),
    [client],
  );

  if (signIn.isError) return <Problem error={signIn.error} retry={() => signIn.refetch()} />;
  if (!signIn.data) return null;
  if (signIn.data.needed && (isRefused || isSignedOut(me.error))) return <SignInPage signIn={signIn.data} />;
  if (me.isError) return <Problem error={me.error} retry={() => me.refetch()} />;
  if (!me.data) return null;
  return <AccessContext value={{ me: me.data, signedIn: signIn.data.needed }}>{children}</AccessContext>;
}

/** Who is signed in, below a `Gate`. */
export function useAccess(): Access {
  const access = useContext(AccessContext);
  if (!access) throw new Error("nobody has been let in here");
  return access;
}

/** Whether whoever is signed in may do this. */
export function useMay(scope: Schemas["Scope"]): boolean {
  return useAccess().me.scopes.includes(scope);
}
