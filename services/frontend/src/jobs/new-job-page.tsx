import { ArrowLeft } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Form } from "react-aria-components";
import { Link, useNavigate, useSearchParams } from "react-router";
import { useMay } from "../access/gate";
import { useSubmit } from "../api/jobs";
import { Button } from "../parts/button";
import { Message } from "../parts/message";
import { Problem } from "../parts/problem";
import { Title } from "../parts/title";
import { draftOf, jobNamedIn, placed, requestOf } from "./draft";
import { InputFields } from "./input-fields";
import styles from "./jobs.module.css";
import { SettingsFields } from "./settings-fields";

/** Where a batch job is submitted. */
export function NewJobPage() {
  const may = useMay("operate");
  return (
    <div className={styles.page}>
      <Link to="/jobs" className={styles.back}>
        <ArrowLeft size={16} aria-hidden /> Jobs
      </Link>
      <Title text="New job" />
      {may ? <JobForm /> : <Refusal />}
    </div>
  );
}

function JobForm() {
  const [address] = useSearchParams();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(() => draftOf(address));
  const { mutate, isPending, error, variables } = useSubmit();
  const problems = error && variables ? placed(error, variables) : {};
  const form = useRef<HTMLFormElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for every refusal
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), [error]);
  const set = (parts: Partial<typeof draft>) => setDraft((known) => ({ ...known, ...parts }));
  const other = error && jobNamedIn(error);
  return (
    <Form
      ref={form}
      className={styles.form ?? ""}
      validationErrors={problems}
      onSubmit={(event) => {
        event.preventDefault();
        mutate(requestOf(draft), { onSuccess: (job) => void navigate(`/jobs/${job.id}`, { replace: true }) });
      }}
    >
      <InputFields draft={draft} set={set} problem={problems.filter} />
      <SettingsFields draft={draft} set={set} />
      {error && Object.keys(problems).length === 0 && (
        <div className={styles.refused}>
          <Problem error={error} />
          {other && <Link to={`/jobs/${other}`}>Look at that job</Link>}
        </div>
      )}
      <div className={styles.actions}>
        <Button type="submit" kind="primary" isPending={isPending}>
          {isPending ? "Submitting…" : "Submit"}
        </Button>
      </div>
    </Form>
  );
}

function Refusal() {
  return (
    <Message title="You may look at jobs, but not submit any">
      <p>Your key or sign-in has no scope “operate”. Ask whoever runs Loupe for it.</p>
    </Message>
  );
}
