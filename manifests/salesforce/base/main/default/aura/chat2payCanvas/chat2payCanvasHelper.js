({
    LOWEST: 320,
    HIGHEST: 2000,
    WAIT_MS: 1000,

    fixHeight: function (component) {
        var asked = parseInt(component.get("v.height"), 10) || 640;
        var height = Math.min(Math.max(asked, this.LOWEST), this.HIGHEST);
        component.set("v.pixels", String(height));
    },

    show: function (component) {
        var recordId = component.isValid() && component.get("v.recordId");
        if (recordId) {
            component.set("v.withoutRecord", false);
            component.set("v.parameters", JSON.stringify({ orderId: recordId }));
        }
    },

    // The id may come after the first rendering; on a page without a record it never comes.
    sayWhenNoRecordComes: function (component) {
        window.setTimeout(
            $A.getCallback(function () {
                if (component.isValid()) {
                    component.set("v.withoutRecord", !component.get("v.recordId"));
                }
            }),
            this.WAIT_MS
        );
    }
});
