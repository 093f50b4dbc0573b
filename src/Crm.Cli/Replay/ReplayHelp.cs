namespace Crm.Replay;

/// <summary>The long part of <c>crm help replay</c>.</summary>
internal static class ReplayHelp
{
    public const string Text = """
        --map names the fields, separated by commas: FIELD=EXPRESSION. An expression is a column, a constant in
        quotes ('GBP') or a number, or arithmetic over them with + - * / and parentheses, in exact decimals:
          crm replay sales.csv.gz --map "customer=CustomerID,date=InvoiceDate,order=InvoiceNo,amount=Quantity*UnitPrice,product=StockCode,price=UnitPrice,quantity=Quantity,currency='GBP'"
          crm replay clicks.csv --kind clicks --map "visitor=session,date=time,event='Product Viewed',product=item,category=[page no]"
        A column whose name has other signs stands in brackets: [Unit Price].

        Fields:
          customer=   the user's id; or visitor= for an anonymous id. One of both is needed.
          date=       when. In UTC unless --zone. Needed.
          amount=     transactions: what the line costs; the order's revenue and total are their exact sum. Needed.
          order=      transactions: the order's number (without it every line is an order of its own).
          product=, price=, quantity=, name=   the line's product
          currency=   ISO code, as a constant or a column
          event=      clicks: the event's name, as a constant or a column. Needed.
          any other   a property of the event. Arithmetic is sent as a number, a column as text: +Column makes it
                      a number.

        Transactions: all lines of an order become one "Order Completed" with the time of the earliest line; an order
        whose number begins with the refund prefix becomes one "Order Refunded" with positive amounts. The lines of an
        order may stand anywhere in the file: up to 5,000,000 lines are held, about 100 bytes each. An order with a
        line that cannot be read is refused as a whole, in words, and so is an event above 32 KB.

        Repeatable: the messageId is a hash of what the event says (and for clicks of its row), so that a copy is
        known as one. Resumable: the state file says how far it came; the same command goes on there. Events of one
        customer are sent in order.
        """;
}
