import "./app.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { store } from "./state.svelte";
import { applyTheme } from "./theme";

applyTheme(store.theme);
const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
mount(App, { target });
