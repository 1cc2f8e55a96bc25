import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  Checkbox,
  createTheme,
  Input,
  Menu,
  Modal,
  NumberInput,
  PasswordInput,
  Radio,
  SegmentedControl,
  Select,
  Switch,
  Textarea,
  TextInput,
  Tooltip,
} from "@mantine/core";
import classes from "./theme.module.css";

const accent = [
  "#eef1fd",
  "#dbe1fa",
  "#b5c1f3",
  "#8d9fec",
  "#6d83e2",
  "#4f69db",
  "#3f5bd6",
  "#3450c6",
  "#2a43ab",
  "#20358c",
] as const;

const field = { size: "xs" } as const;

/** Mantine, drawn with the tokens. Buttons know `filled`, `default`, `subtle` and `danger`. */
export const theme = createTheme({
  fontFamily: "var(--font-ui)",
  fontFamilyMonospace: "var(--font-mono)",
  headings: { fontFamily: "var(--font-ui)", fontWeight: "600" },
  fontSizes: {
    xs: "var(--text-sm)",
    sm: "var(--text-md)",
    md: "var(--text-md)",
    lg: "var(--text-lg)",
    xl: "var(--text-xl)",
  },
  spacing: {
    xs: "var(--space-1)",
    sm: "var(--space-2)",
    md: "var(--space-3)",
    lg: "var(--space-4)",
    xl: "var(--space-6)",
  },
  radius: {
    xs: "var(--radius-1)",
    sm: "var(--radius-2)",
    md: "var(--radius-2)",
    lg: "var(--radius-3)",
    xl: "var(--radius-full)",
  },
  shadows: {
    xs: "var(--elevation-1)",
    sm: "var(--elevation-1)",
    md: "var(--elevation-2)",
    lg: "var(--elevation-3)",
    xl: "var(--elevation-3)",
  },
  defaultRadius: "sm",
  primaryColor: "accent",
  primaryShade: 6,
  colors: { accent: [...accent] },
  cursorType: "pointer",
  focusRing: "never",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { size: "xs", variant: "default" },
      classNames: { root: classes.button ?? "" },
    }),
    ActionIcon: ActionIcon.extend({ defaultProps: { size: 24, variant: "subtle", color: "gray" } }),
    Input: Input.extend({ defaultProps: field, classNames: { input: classes.input ?? "" } }),
    InputWrapper: Input.Wrapper.extend({
      defaultProps: field,
      classNames: {
        label: classes.label ?? "",
        description: classes.description ?? "",
        error: classes.error ?? "",
      },
    }),
    TextInput: TextInput.extend({ defaultProps: field }),
    PasswordInput: PasswordInput.extend({ defaultProps: field }),
    Textarea: Textarea.extend({ defaultProps: field }),
    NumberInput: NumberInput.extend({ defaultProps: field }),
    Select: Select.extend({ defaultProps: field }),
    Checkbox: Checkbox.extend({ defaultProps: field }),
    Radio: Radio.extend({ defaultProps: field }),
    Switch: Switch.extend({ defaultProps: field }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: field }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 300, withArrow: false },
      classNames: { tooltip: classes.tooltip ?? "" },
    }),
    Menu: Menu.extend({
      defaultProps: {
        shadow: "md",
        position: "bottom-end",
        offset: 4,
        // A placeholder in a menu is none of the children that the role allows.
        withInitialFocusPlaceholder: false,
      },
      classNames: {
        dropdown: classes.menu ?? "",
        item: classes.menuItem ?? "",
        label: classes.menuLabel ?? "",
      },
    }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        closeButtonProps: { "aria-label": "close", size: "sm" },
        overlayProps: { backgroundOpacity: 1, color: "transparent" },
      },
      classNames: {
        content: classes.modal ?? "",
        header: classes.modalHeader ?? "",
        title: classes.modalTitle ?? "",
        overlay: classes.overlay ?? "",
      },
    }),
  },
});

/** Mantine's roles point at ours, so a scheme is written once, in `tokens.css`. */
export const cssVariablesResolver: CSSVariablesResolver = () => {
  const roles = {
    "--mantine-color-body": "var(--color-surface)",
    "--mantine-color-text": "var(--color-text)",
    "--mantine-color-bright": "var(--color-text)",
    "--mantine-color-dimmed": "var(--color-text-3)",
    "--mantine-color-placeholder": "var(--color-text-3)",
    "--mantine-color-anchor": "var(--accent-text)",
    "--mantine-color-default": "var(--color-surface)",
    "--mantine-color-default-hover": "var(--color-hover)",
    "--mantine-color-default-color": "var(--color-text)",
    "--mantine-color-default-border": "var(--color-border-strong)",
    "--mantine-color-error": "var(--state-compromised-text)",
    "--mantine-color-disabled": "var(--color-surface-2)",
    "--mantine-color-disabled-color": "var(--color-text-3)",
    "--mantine-color-disabled-border": "var(--color-border)",
    "--mantine-primary-color-filled": "var(--accent-solid)",
    "--mantine-primary-color-filled-hover": "var(--accent-solid-hover)",
    "--mantine-color-accent-filled": "var(--accent-solid)",
    "--mantine-color-accent-filled-hover": "var(--accent-solid-hover)",
    "--mantine-color-accent-light": "var(--accent-bg)",
    "--mantine-color-accent-light-color": "var(--accent-text)",
    "--mantine-color-gray-light-hover": "var(--color-hover)",
    "--mantine-color-gray-light-color": "var(--color-text-2)",
  };
  return { variables: {}, light: roles, dark: roles };
};
