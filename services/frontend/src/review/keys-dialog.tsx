import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button } from "../parts/button";
import parts from "../parts/parts.module.css";
import { KEYS } from "./commands";
import styles from "./review.module.css";

/** What each key does. */
export function KeysDialog({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(isStillOpen) => !isStillOpen && onClose()}
      isDismissable
      className={parts.overlay ?? ""}
    >
      <Modal>
        <Dialog className={`${parts.dialog} ${styles.keys}`}>
          <Heading slot="title" level={2}>
            Keys
          </Heading>
          <dl>
            {KEYS.map(({ keys, meaning }) => (
              <div key={meaning}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
          <Button kind="primary" onPress={onClose} autoFocus>
            Close
          </Button>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
