import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { answer, api, type Schemas } from "../api/client";
import { isSignedOut } from "../api/problem";
import { Problem } from "../parts/problem";
import { credentialsVersion, subscribe, wasRefused } from "./credentials";
import { SignInPage } from "./sign-in-page";

type Me = Schemas["Me"];

interface Access {
  me: Me;
  /** Whether people have signed in, and so can sign out. */
  signedIn: boolean;
}

const AccessContext = createContext<Access | null>(null);

/** Shows what is inside to those whom the API knows, and everyone else how to sign in. */
export function Gate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const version = useSyncExternalStore(subscribe, credentialsVersion);
  const signIn = useQuery({
    queryKey: ["sign-in"],
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
  const [asked, setAsked] = useState(version);
  useEffect(() => {
    if (asked === version) return;
    setAsked(version);
    if (!wasRefused()) void client.invalidateQueries();
  }, [asked, version, client]);

  if (signIn.isError) return <Problem error={signIn.error} retry={() => signIn.refetch()} />;
  if (!signIn.data) return null;
  if (signIn.data.needed && (wasRefused() || isSignedOut(me.error))) return <SignInPage signIn={signIn.data} />;
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
