({
    start: function (component, event, helper) {
        helper.fixHeight(component);
        helper.show(component);
        helper.sayWhenNoRecordComes(component);
    },

    changeRecord: function (component, event, helper) {
        // Canvas keeps what it was given first, so another record needs another frame.
        component.set("v.parameters", "");
        window.setTimeout(
            $A.getCallback(function () {
                helper.show(component);
            }),
            0
        );
    }
});
