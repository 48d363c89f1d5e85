// Run what every page runs, one component for all of it: each costs every run of a page as much as a widget.
export default function (component) {
  keepFocus();
  keepVisit(component.data); // last: a browser that refuses cookies throws
}
