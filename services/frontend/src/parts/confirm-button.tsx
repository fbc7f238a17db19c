import type { ReactNode } from "react";
import { Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button } from "./button";
import styles from "./parts.module.css";

interface Props {
  /** What stands on the button. */
  children: ReactNode;
  isDisabled?: boolean;
  /** Whether it is being done, so that it cannot be done again now, and keeps the focus. */
  isPending?: boolean;
  /** What is asked before it is done. */
  question: string;
  /** What it means, if it is done. */
  meaning: string;
  /** What stands on the button that does it. */
  action: string;
  onConfirm(): void;
}

/** A button for what cannot be undone: it asks first. */
export function ConfirmButton({
  children,
  isDisabled = false,
  isPending = false,
  question,
  meaning,
  action,
  onConfirm,
}: Props) {
  return (
    <DialogTrigger>
      <Button isDisabled={isDisabled} isPending={isPending}>
        {children}
      </Button>
      <ModalOverlay isDismissable className={styles.overlay ?? ""}>
        <Modal>
          <Dialog role="alertdialog" className={styles.dialog ?? ""}>
            {({ close }) => (
              <>
                <Heading slot="title" level={2}>
                  {question}
                </Heading>
                <p>{meaning}</p>
                <div className={styles.ways}>
                  <Button autoFocus onPress={close}>
                    Leave it
                  </Button>
                  <Button
                    kind="danger"
                    onPress={() => {
                      close();
                      onConfirm();
                    }}
                  >
                    {action}
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
