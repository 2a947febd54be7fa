"""The icons the portal uses, by their names in Tabler's outline set; the sprite holds these and no others."""

ICONS = (
    "activity", "adjustments", "alarm", "alert-circle", "alert-triangle", "arrow-back-up", "arrow-down", "arrow-left",
    "arrow-right", "arrow-up", "arrows-exchange", "arrows-sort", "ban", "bell", "bell-ringing", "bolt", "book",
    "briefcase", "building", "calendar", "calendar-event", "calendar-time", "chart-bar", "chart-funnel",
    "chart-line", "check", "checks", "chevron-down", "chevron-left", "chevron-right", "chevron-up", "circle-check",
    "circle-dot", "circle-x", "clipboard-check", "clipboard-list", "clock", "clock-pause", "clock-play", "coin",
    "coffee", "copy", "database-import", "device-desktop", "dots", "dots-vertical", "download", "edit", "external-link",
    "eye", "file-download", "file-text", "filter", "flag", "flame", "gavel", "git-compare", "hand-stop", "heart-handshake",
    "help", "history", "home", "inbox", "info-circle", "key", "keyboard", "layout-dashboard", "link", "list", "list-check",
    "lock", "logout", "mail", "map-pin", "menu-2", "message", "message-question", "messages", "minus", "moon", "note",
    "paperclip", "percentage", "phone", "phone-call", "phone-off", "phone-outgoing", "plant-2", "player-pause",
    "player-play", "plug-connected", "plus", "printer", "refresh", "route", "scale", "search", "send", "settings",
    "shield-check", "signature", "sitemap", "sparkles", "star", "sun", "tag", "target", "template", "thumb-down",
    "thumb-up", "timeline-event", "trash", "trending-down", "trending-up", "trophy", "upload", "user", "user-check",
    "user-plus", "users", "users-group", "world", "writing", "x", "zoom-question",
)  # fmt: skip
