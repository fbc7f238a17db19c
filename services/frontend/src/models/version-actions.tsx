import { lookOn, type Model, promote, tryOnPart, type Version } from "../api/models";
import { ChangeButton } from "./change-button";
import styles from "./models.module.css";
import type { Part } from "./words";

interface Props {
  model: Model;
  version: Version;
  part: Part;
}

/** What can be done with a version as the release stands. */
export function VersionActions({ model, version: { version, objections }, part }: Props) {
  const { name, release } = model;
  if (part === "serves") return null;
  const shadows = release?.shadows ?? [];
  return (
    <div className={styles.actions}>
      <ChangeButton
        model={name}
        question={`Promote version ${version}?`}
        meaning={
          release
            ? `It answers for all images from some seconds from now on, in place of version ${release.serving}.`
            : "It answers for all images from some seconds from now on."
        }
        action="Promote"
        objections={objections}
        change={({ why, force }) => promote(name, { version, why, force, new_labels: false })}
      >
        Promote
      </ChangeButton>
      {release && (
        <ChangeButton
          model={name}
          question={`Try version ${version} on a part of the images?`}
          meaning={`It answers for this part, always the same images, in place of version ${release.serving}.`}
          action="Try it"
          asksShare
          objections={objections}
          change={({ why, force, share }) => tryOnPart(name, { version, share, why, force, new_labels: false })}
        >
          {part === "canary" ? "Change the share" : "Try on a part"}
        </ChangeButton>
      )}
      {part === "canary" && (
        <ChangeButton
          model={name}
          question={`End the canary of version ${version}?`}
          meaning={`Version ${release?.serving} answers for all images again.`}
          action="End the canary"
          change={({ why }) => tryOnPart(name, { why, force: false, new_labels: false })}
        >
          End the canary
        </ChangeButton>
      )}
      {release && (part === null || part === "before") && (
        <ChangeButton
          model={name}
          question={`Let version ${version} look on?`}
          meaning="It answers, too, but what it says is only compared, and never shown as the answer."
          action="Let it look on"
          change={({ why }) => lookOn(name, { versions: [...shadows, version], why })}
        >
          Look on
        </ChangeButton>
      )}
      {part === "looks on" && (
        <ChangeButton
          model={name}
          question={`Shall version ${version} look on no more?`}
          meaning="What it has said so far stays."
          action="End it"
          change={({ why }) => lookOn(name, { versions: shadows.filter((one) => one !== version), why })}
        >
          Stop looking on
        </ChangeButton>
      )}
    </div>
  );
}
