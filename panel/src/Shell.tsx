import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useLayoutEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { answered, api } from "./api/client";
import { MayProvider, useJudge, useMay, useMe, whoAmI } from "./lib/may";
import { keepFocus, watchFocus } from "./lib/focus";
import { nearest } from "./lib/nearest";
import { choose, useChoice, type Choice } from "./lib/scheme";
import { held, onHeld, signedIn, signIn, signOut, type Held } from "./lib/session";
import { serviceNow } from "./lib/clock";
import { useFeed, useStale, type Feed } from "./lib/stream";
import { Keyboard } from "./parts/keyboard";
import { Loading } from "./parts/loading";

const PAGES = [
  ["/pools", "Pools"], ["/participants", "Participants"], ["/members", "Members"], ["/settlements", "Settlements"], ["/leaderboard", "Leaderboard"],
  ["/analytics", "Analytics"], ["/maker", "Maker"], ["/alerts", "Alerts"], ["/reports", "Reports"], ["/audit", "Audit"], ["/system", "System"], ["/emergency", "Emergency"],
] as const;

const PENDING_SHOWN = 100;

/** What stands around every page: where its orders go, the menu, the sign-in and the clock. A page comes when it is known which of these there are: nothing moves under the pointer. */
export function Shell(): ReactNode {
  const health = useQuery({ queryKey: ["health"], queryFn: () => answered(api.GET("/health", {})), refetchInterval: 10_000 });
  const feed = useFeed();
  const me = useMe();
  const waited = useWaited();
  const open = health.data?.authentication === "off";
  useEffect(watchFocus, []);
  useLayoutEffect(keepFocus); // after every picture
  return (
    <MayProvider value={useJudge()}>
      <a className="skip" href="#content">Skip to content</a>
      <header>
        <Destination shadow={health.data?.shadow_mode || feed.glance?.shadow_mode || false} feed={feed} />
        {open ? <p className="stripe">AUTHENTICATION IS OFF · everyone on this machine may do everything</p> : null}
        <nav aria-label="Main">
          <strong>market_maker</strong>
          {PAGES.map(([to, name]) => <Link key={to} to={to} activeProps={{ "aria-current": "page" }}>{name}{to === "/alerts" ? <OpenAlerts feed={feed} /> : to === "/settlements" ? <Pending /> : null}</Link>)}
          <Who /><Keyboard /><Colours /><Clock />
        </nav>
        {open || !health.data ? null : <SignIn />}
      </header>
      <div id="content">{waited || (health.isFetched && me.isFetched) ? <Outlet /> : <main><Loading of="who is here" /></main>}</div>
    </MayProvider>
  );
}

const ANSWERS_WAITED_MS = 1_000;

/** Whether answers were waited for long enough: a service that hangs must not keep a Kill from the screen. */
function useWaited(): boolean {
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    const id = setTimeout(() => setWaited(true), ANSWERS_WAITED_MS);
    return () => clearTimeout(id);
  }, []);
  return waited;
}

/** Where orders go, and on every page whether what it shows may be old. It has its line before that is known, and the page below stands still. */
function Destination({ shadow, feed }: { shadow: boolean; feed: Feed }): ReactNode {
  const venue = feed.glance?.venue;
  const kind = shadow ? "warn" : venue === undefined ? "muted" : "";
  const words = shadow ? "SHADOW · nothing is sent to a venue" : venue === undefined ? "Where orders go is not known yet" : venue === "sandbox" ? "SANDBOX · no real money" : `LIVE · orders go to ${venue}`;
  return <p className={`stripe ${kind}`}><Old feed={feed} />{words}</p>;
}

/** Without seconds, which a screen reader would read out: they stand on the pages that are live. Short, so that the line stays one line on a phone. */
function Old({ feed }: { feed: Feed }): ReactNode {
  const stale = useStale(feed) && feed.at !== null;
  return <strong className="warn" aria-live="polite">{stale ? "⚠ OLD DATA · " : ""}</strong>;
}

/** How many alerts hold that nobody has taken, in the menu. */
function OpenAlerts({ feed }: { feed: Feed }): ReactNode {
  const open = feed.alerts?.filter((alert) => alert.state === "OPEN").length ?? 0;
  return <strong className="count bad">{open ? ` (${open})` : ""}</strong>;
}

/** How many settlements wait for approval, for those who may read them. */
function Pending(): ReactNode {
  const { allowed, needs } = useMay()("listPendingSettlements");
  const known = useMe().isSuccess && needs.length > 0; // a question that is refused would stand in the audit log
  const query = useQuery({ queryKey: ["pending"], enabled: allowed && known, refetchInterval: 60_000, retry: false, queryFn: () => answered(api.GET("/v1/settlements/pending", { params: { query: { limit: PENDING_SHOWN } } })) });
  const count = query.data?.items.length ?? 0;
  return <span className="count">{count ? ` (${count}${query.data?.next_cursor ? "+" : ""})` : ""}</span>;
}

/** An address that is no page: says so, and offers the page whose name is nearest. */
export function NoSuchPage(): ReactNode {
  const { pathname } = useLocation();
  const found = nearest(pathname, PAGES.map(([to]) => to));
  return <main><h1>No such page</h1><p>There is no page {pathname}. The nearest is <Link to={found}>{PAGES.find(([to]) => to === found)?.[1]}</Link>.</p></main>;
}

/** Who is signed in, and with which roles. */
function Who(): ReactNode {
  const me = useMe().data;
  return me ? <span className="who">{me.subject}: {me.roles.join(", ")}</span> : null;
}

function Colours(): ReactNode {
  const chosen = useChoice();
  return (
    <label>Colours <select value={chosen} onChange={(event) => choose(event.target.value as Choice)}>
      <option>system</option><option>dark</option><option>light</option>
    </select></label>
  );
}

function Clock(): ReactNode {
  const [now, setNow] = useState(() => serviceNow());
  useEffect(() => {
    const id = setInterval(() => setNow(serviceNow()), 1_000);
    return () => clearInterval(id);
  }, []);
  return <span className="clock" title="The service's time">{new Date(now).toISOString().slice(11, 19)} UTC</span>;
}

const SOON_MS = 60_000;

/** When the sign-in ends, and a warning in its last minute and after. */
function Ends({ of }: { of: Held }): ReactNode {
  const [now, setNow] = useState(() => serviceNow());
  useEffect(() => {
    const id = setInterval(() => setNow(serviceNow()), 5_000);
    return () => clearInterval(id);
  }, []);
  if (!of.endsAt) return <span>The token is kept in memory only, for this browser keeps no cookie of this address; a reload asks for it again.</span>;
  const left = Date.parse(of.endsAt) - now;
  const until = `${of.endsAt.slice(11, 19)} UTC`;
  if (left > SOON_MS) return <span className="muted">Signed in until {until}.</span>;
  return <strong className="warn" role="alert">{left > 0 ? `The sign-in ends at ${until}: sign in again.` : `The sign-in ended at ${until}: what is shown stays, commands need a new one.`}</strong>;
}

/** Leads to the auth service's own page, where the service knows one. */
const SIGN_IN = "/market-maker/sign-in";

/** Reads everything anew after a sign-in. What the same person saw and typed stays, so that a form outlives the session in which it was begun; of another person nothing stays. */
function useSignedInAgain(): () => Promise<void> {
  const queries = useQueryClient();
  const before = useMe().data?.subject;
  return async () => {
    const now = await queries.fetchQuery({ queryKey: ["me"], queryFn: whoAmI, staleTime: 0 }).catch(() => null);
    if (now && before !== undefined && now.subject !== before) await queries.resetQueries();
    else await queries.invalidateQueries();
  };
}

/** Takes an access token by hand and turns it into a session; the token itself is not kept. */
function SignIn(): ReactNode {
  const mine = useSyncExternalStore(onHeld, held);
  const [text, setText] = useState("");
  const queries = useQueryClient();
  const again = useSignedInAgain();
  const done = (work: Promise<void>): void => { setText(""); void work.finally(again); };
  const page = useQuery({ queryKey: ["sign-in"], staleTime: Infinity, queryFn: async () => (await fetch(SIGN_IN, { method: "HEAD" })).ok });
  const refused = useFeed().connection === "refused"; // by a service that was restarted, or that revoked the token
  if (signedIn(mine) && !refused) return <p className="bar"><Ends of={mine} /> <button type="button" className="plain" onClick={() => void signOut().finally(() => queries.resetQueries())}>Sign out</button></p>;
  return (
    <form className="bar" onSubmit={(event) => { event.preventDefault(); done(signIn(text)); }}>
      {page.data ? <a className="button go" href={SIGN_IN}>Sign in at the auth service</a> : null}
      <label>Access token <input type="password" value={text} onChange={(event) => setText(event.target.value)} autoComplete="off" /></label>
      <button type="submit" className="go" disabled={!text.trim()}>Sign in</button>
      <span className="muted">For development: <code>market_maker token --role operator</code></span>
    </form>
  );
}
